"""Reading what a page sends, and refusing what cannot be read, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from text2reward.record.files import parsed

Body = Mapping[str, Any]


class Answered(Exception):
    """This rater answered already what was shown."""


class Broken(Exception):
    """A program that cannot run; ``findings`` say why, as the page shows them."""

    def __init__(self, words: str, findings: list[dict[str, Any]]) -> None:
        super().__init__(words)
        self.findings = findings


async def handle(request: Request, work: Callable[[Body], Mapping[str, Any]]) -> Response:
    """Do ``work`` with the request's JSON in a thread, and answer with its result.

    Raises:
        HTTPException: 400 with words for the person where the body cannot be taken.
    """
    body = _object(await request.body())
    try:
        return JSONResponse(await run_in_threadpool(work, body))
    except Answered as answered:
        return JSONResponse({"error": str(answered), "answered": True}, 409)
    except Broken as broken:
        return JSONResponse({"error": str(broken), "findings": broken.findings}, 422)
    except ValueError as error:
        raise HTTPException(400, str(error)) from error


def _object(body: bytes) -> Body:
    try:
        data = parsed(body)
    except ValueError as error:
        raise HTTPException(400, "The request is not JSON.") from error
    if not isinstance(data, dict):
        raise HTTPException(400, "The request is not a JSON object.")
    return data


def text(body: Body, name: str, default: str | None = None) -> str:
    """A text in the request.

    Raises:
        ValueError: it is missing, or something else.
    """
    value = body.get(name, default)
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a text.")
    return value


def number(body: Body, name: str) -> int:
    """A whole number in the request.

    Raises:
        ValueError: it is missing, or something else.
    """
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{name} must be a whole number.")
    return value


def seconds(body: Body) -> float:
    """How long something was looked at, from 0 to a day.

    Raises:
        ValueError: it is no number.
    """
    value = body.get("seconds", 0.0)
    if not isinstance(value, int | float) or isinstance(value, bool) or not value >= 0:
        raise ValueError("seconds must be a number from 0.")
    return round(min(float(value), 86_400.0), 1)


def tags(body: Body) -> tuple[str, ...]:
    """Short words in the request, each once.

    Raises:
        ValueError: they are something else.
    """
    value = body.get("tags", [])
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise ValueError("tags must be a list of texts.")
    return tuple(dict.fromkeys(tag.strip() for tag in value if tag.strip()))
