"""The addresses of the pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from text2reward.errors import UnknownNameError, UserError
from text2reward.web.page import environment
from text2reward.web.serve.asking import Body, handle
from text2reward.web.serve.candidate import CandidatePages
from text2reward.web.serve.desk import Desk
from text2reward.web.serve.films import FilmFiles
from text2reward.web.serve.follower import Follower
from text2reward.web.serve.guard import Guard
from text2reward.web.serve.overview import Overview
from text2reward.web.serve.ports import Ports
from text2reward.web.serve.rating import Rating
from text2reward.web.serve.static_files import static_files

Endpoint = Callable[[Request], Response | Awaitable[Response]]


def make_app(folder: Path, ports: Ports, token: str, problem: Callable[[], str] = str) -> Guard:
    """The pages of one run, behind their guard.

    Args:
        folder: the run's.
        ports: what the pages ask others for.
        token: the secret in the printed address.
        problem: why there are no films, in words; empty where there are, or will be.
    """
    follower = Follower(folder)
    desk = Desk(follower)
    overview, pages = Overview(follower, ports), CandidatePages(follower, desk, ports)
    rating, films = Rating(follower, desk, ports), FilmFiles(follower, desk, ports)

    def rate(mode: str) -> Endpoint:
        return lambda _: _page("rate.html.jinja", run=follower.run(), mode=mode)

    def coming(body: Body) -> dict[str, Any]:
        return {**rating.next(body), "problem": problem()}

    routes = [
        Route("/", lambda _: HTMLResponse(overview.page())),
        Route("/rate", rate("pair")),
        Route("/rate/best-worst", rate("grid")),
        Route("/candidate/{candidate}", lambda asked: HTMLResponse(pages.page(_candidate(asked)))),
        Route("/static/{name}", _static),
        Route("/api/overview", lambda asked: JSONResponse(overview.news(asked.query_params.get("have", "")))),
        Route("/api/exchange/{candidate}", lambda asked: HTMLResponse(overview.exchange(_candidate(asked)))),
        Route("/shown/{id}/{place:int}.{kind}", films.shown),
        Route("/film/{candidate}/{seed:int}.{kind}", films.of_candidate),
        Route("/video/{candidate}/{place:int}.mp4", films.of_run),
        _post("/api/next", coming),
        _post("/api/vote", rating.vote),
        _post("/api/best-worst", rating.rank),
        _post("/api/undo", rating.undo),
        _post("/api/done", rating.done),
        _post("/api/comment", pages.comment),
        _post("/api/check", pages.check),
        _post("/api/edit", pages.edit),
    ]
    handlers = {HTTPException: _refused, UserError: _not_done}
    return Guard(Starlette(routes=routes, exception_handlers=handlers), token)


def _post(path: str, work: Callable[[Body], Mapping[str, Any]]) -> Route:
    async def endpoint(request: Request) -> Response:
        return await handle(request, work)

    return Route(path, endpoint, methods=["POST"])


def _candidate(request: Request) -> str:
    return str(request.path_params["candidate"])


def _static(request: Request) -> Response:
    found = static_files().get(request.path_params["name"])
    if found is None:
        raise HTTPException(404, "There is no such file.")
    return Response(found[0], media_type=found[1])


def _page(template: str, **values: Any) -> Response:
    return HTMLResponse(environment().get_template(template).render(**values))


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _said(request, error.status_code, error.detail, error.headers)


def _not_done(request: Request, error: Exception) -> Response:
    """For what the record or the disk does not allow."""
    return _said(request, 404 if isinstance(error, UnknownNameError) else 503, str(error))


def _said(request: Request, status: int, words: str, headers: Mapping[str, str] | None = None) -> Response:
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": words}, status, headers)
    page = environment().get_template("refused.html.jinja").render(words=words, status=status)
    return HTMLResponse(page, status, headers)
