"""Films and strips, served by names that the record knows; no path in an address reaches the disk."""

from __future__ import annotations

import os

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from text2reward.errors import RecordError
from text2reward.record.files import inside
from text2reward.web.serve.desk import Desk
from text2reward.web.serve.follower import Follower
from text2reward.web.serve.ports import Film, Ports

_TYPES = {"mp4": "video/mp4", "json": "application/json"}


class FilmFiles:
    """Answers requests for films. All of its methods raise HTTPException 404 where there is no such film.

    Args:
        follower: reads the run.
        desk: knows what was shown.
        ports: the films.
    """

    def __init__(self, follower: Follower, desk: Desk, ports: Ports) -> None:
        self._follower, self._desk, self._ports = follower, desk, ports

    def shown(self, request: Request) -> Response:
        """One of the films of a showing, by its place."""
        shown = self._desk.showing(request.path_params["id"])
        place = request.path_params["place"]
        if shown is None or place >= len(shown.films):
            raise HTTPException(404, "There is no such film.")
        return self._one_of(shown.films[place], request.path_params["kind"])

    def of_candidate(self, request: Request) -> Response:
        """A candidate's film of a seed."""
        ready = self._ports.films(self._follower.run()).ready()
        film = ready.get(request.path_params["candidate"], {}).get(request.path_params["seed"])
        if film is None:
            raise HTTPException(404, "There is no such film.")
        return self._one_of(film, request.path_params["kind"])

    def of_run(self, request: Request) -> Response:
        """A film that the run itself made, by its place among the candidate's."""
        candidate = self._follower.run().candidates.get(request.path_params["candidate"])
        place = request.path_params["place"]
        if candidate is None or place >= len(candidate.videos):
            raise HTTPException(404, "There is no such film.")
        return self._file(candidate.videos[place].path, "mp4")

    def _one_of(self, film: Film, kind: str) -> Response:
        if kind not in _TYPES:
            raise HTTPException(404, "There is no such film.")
        path = film.video if kind == "mp4" else film.strip
        return self._file(os.path.relpath(path, self._follower.folder), kind)

    def _file(self, name: str, kind: str) -> Response:
        try:
            path = inside(self._follower.folder, name).resolve()
        except RecordError as error:
            raise HTTPException(404, "There is no such film.") from error
        if path.suffix != f".{kind}" or not path.is_file():
            raise HTTPException(404, "There is no such film.")
        return FileResponse(path, media_type=_TYPES[kind])
