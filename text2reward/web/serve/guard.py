"""Who may ask: only browsers that were given the token, for this machine's own name, and in small requests."""

from __future__ import annotations

import hashlib
import hmac
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 65_536
"""Bytes of a request's body; more is refused before it is read."""

NAMES = frozenset({"127.0.0.1", "localhost"})
"""Names by which a browser may call the server; any port, since a tunnel may end at another one."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
        "img-src 'self' data:; media-src 'self'; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_NO_TOKEN = "403: this page needs the token. Open the whole address that `text2reward serve` printed."
_WRONG_HOST = "403: this server answers to 127.0.0.1 and localhost only."
_WRONG_ORIGIN = "403: that came from another page."


class Guard:
    """Refuses a request before the application sees it.

    403 without the token or under a foreign name, 413 for a large body, 415 for a body that is not JSON.

    Args:
        app: who is guarded.
        token: the secret in the printed address.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._token = app, token.encode()
        self.cookie = f"text2reward-{hashlib.sha256(self._token).hexdigest()[:8]}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":
            return None

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        answer = self._answer(scope, Headers(scope=scope))
        if answer is not None:
            return await answer(scope, receive, send_safely)
        return await self._app(scope, _bounded(receive), send_safely)

    def _answer(self, scope: Scope, headers: Headers) -> Response | None:
        """The answer to what the application shall not see; None where it may."""
        if _name(f"//{headers.get('host', '')}") not in NAMES:
            return PlainTextResponse(_WRONG_HOST, 403)
        given = QueryParams(scope["query_string"]).get("token")
        if given is not None and self._knows(given) and scope["method"] == "GET":
            return self._let_in(scope["path"])
        if not self._knows(_cookies(headers).get(self.cookie, "")):
            return PlainTextResponse(_NO_TOKEN, 403)
        if scope["method"] in ("GET", "HEAD"):
            return None
        return _refuse_write(headers)

    def _knows(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "replace"), self._token)

    def _let_in(self, path: str) -> Response:
        """To the same page without the token in its address, so that it stays in no history."""
        answer = RedirectResponse(path if path.startswith("/") and not path.startswith("//") else "/", 303)
        answer.set_cookie(self.cookie, self._token.decode(), httponly=True, samesite="strict")
        return answer


def _refuse_write(headers: Headers) -> Response | None:
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers["host"]:
        return PlainTextResponse(_WRONG_ORIGIN, 403)
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return PlainTextResponse(_WRONG_ORIGIN, 403)
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > MAX_BODY:
        return _too_large()
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return PlainTextResponse("415: only JSON is taken.", 415)
    return None


def _too_large() -> Response:
    return PlainTextResponse(f"413: at most {MAX_BODY:,} bytes are taken at once.", 413, {"Connection": "close"})


def _bounded(receive: Receive) -> Receive:
    """For bodies that do not say how long they are."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BODY:
            raise HTTPException(413, f"At most {MAX_BODY:,} bytes are taken at once.")
        return message

    return bounded


def _name(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _cookies(headers: Headers) -> dict[str, str]:
    try:
        return {name: each.value for name, each in SimpleCookie(headers.get("cookie", "")).items()}
    except CookieError:
        return {}
