"""Films and strips, served by names that the record knows; no path in an address reaches the disk."""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

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
        return self._file(self._follower.folder / candidate.videos[place].path, "mp4")

    def _one_of(self, film: Film, kind: str) -> Response:
        if kind not in _TYPES:
            raise HTTPException(404, "There is no such film.")
        return self._file(film.video if kind == "mp4" else film.strip, kind)

    def _file(self, path: Path, kind: str) -> Response:
        """The file, if it lies in the run's folder: a record that was copied from elsewhere may name any path."""
        real = path.resolve()
        if not real.is_relative_to(self._follower.folder.resolve()) or real.suffix != f".{kind}" or not real.is_file():
            raise HTTPException(404, "There is no such film.")
        return FileResponse(real, media_type=_TYPES[kind])
