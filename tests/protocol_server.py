"""A local server that speaks OpenAI's chat protocol, and its failures."""

from __future__ import annotations

import base64
import contextlib
import io
import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from PIL import Image

MOST_BYTES = 100_000
MOST_PIXELS = 384


@dataclass
class Reply:
    """What the server sends back: a status, a body, headers; or it hangs up.

    Args:
        status, body, headers: of the answer; a body that is no ``bytes`` is sent as JSON.
        hang_up: close the connection without a word.
        content_type: what the body is said to be.
        only: bytes of the body that are sent; None for all of them.
        then_silent_s: seconds after these before the connection is closed.
        pause_s: seconds between two bytes of the body; 0 to send it at once.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False
    content_type: str = "application/json"
    only: int | None = None
    then_silent_s: float = 0.0
    pause_s: float = 0.0


def answer(
    text: str | None, finish: str = "stop", tokens: tuple[int, int] | None = (100, 20), cached: int | None = None
) -> Reply:
    """A chat completion; ``tokens`` in and out, of which ``cached``, None where the server does not say."""
    usage: dict[str, Any] | None = None
    if tokens is not None:
        usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}
        if cached is not None:
            usage["prompt_tokens_details"] = {"cached_tokens": cached}
    return Reply(
        body={
            "id": "x",
            "object": "chat.completion",
            "created": 0,
            "model": "test",
            "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}],
            "usage": usage,
        }
    )


def error(status: int, message: str, code: str | None = None, **headers: str) -> Reply:
    """An error as OpenAI words it."""
    return Reply(status, {"error": {"message": message, "type": "x", "code": code}}, dict(headers))


def pictures(body: dict[str, Any]) -> dict[str, np.ndarray]:
    """The pictures of the first message that has any: name -> ``(H, W, 3)`` uint8; fails where they are too large."""
    content = next(message["content"] for message in body["messages"] if isinstance(message["content"], list))
    found = {}
    for before, part in itertools.pairwise(content):
        if part["type"] == "image_url":
            head, data = part["image_url"]["url"].split(",")
            assert head == "data:image/jpeg;base64"
            assert len(data) <= MOST_BYTES
            picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
            assert max(picture.shape) <= MOST_PIXELS
            found[before["text"].rstrip(":")] = picture
    return found


def motion(frames: np.ndarray) -> float:
    """How much changes between the frames of a film, ``(K, H, W, 3)``: 100 times the mean difference of pixels."""
    return 100 * float(np.abs(np.diff(frames, axis=0)).mean())


def seer(worth: Callable[[np.ndarray], float]) -> Callable[[dict[str, Any], int], Reply]:
    """Looks at the pictures: the film is better whose frames, ``(K, H, W, 3)`` in order of time, are worth more."""

    def respond(body: dict[str, Any], number: int) -> Reply:
        films: dict[str, list[np.ndarray]] = {"first": [], "second": []}
        for name, picture in pictures(body).items():
            match = re.fullmatch(r"(first|second), (\d+) of (\d+)", name)
            assert match, name
            films[match[1]].append(picture)
            assert int(match[2]) == len(films[match[1]])
        first, second = (worth(np.stack(films[name]).astype(float)) for name in ("first", "second"))
        said = "same" if abs(first - second) < 1 else "first" if first > second else "second"
        return answer(json.dumps({"answer": said, "reason": f"{first:.0f} against {second:.0f}"}))

    return respond


class Server:
    """Answers each request with what ``respond`` makes of it; keeps the requests."""

    def __init__(self, respond: Callable[[dict[str, Any], int], Reply], port: int = 0, date: str | None = None) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with server._lock:
                    server.requests.append(body)
                    server.headers.append(dict(self.headers))
                    number = len(server.requests)
                reply = respond(body, number)
                if reply.hang_up:
                    self.connection.close()
                    return
                payload = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
                self.send_response(reply.status)
                self.send_header("content-type", reply.content_type)
                self.send_header("content-length", str(len(payload)))
                for name, value in reply.headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                with contextlib.suppress(OSError):  # whoever asked may be gone
                    self._send(payload[: reply.only], reply)

            def _send(self, payload: bytes, reply: Reply) -> None:
                pieces = [payload[i : i + 1] for i in range(len(payload))] if reply.pause_s else [payload]
                for piece in pieces:
                    self.wfile.write(piece)
                    self.wfile.flush()
                    time.sleep(reply.pause_s)
                time.sleep(reply.then_silent_s)
                if reply.only is not None:
                    self.close_connection = True

            def date_time_string(self, timestamp: float | None = None) -> str:
                return date or super().date_time_string(timestamp)

            def log_message(self, *arguments: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._http.server_port
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@contextmanager
def serving(
    *replies: Reply | Callable[[dict[str, Any], int], Reply], port: int = 0, date: str | None = None
) -> Iterator[Server]:
    """A server that gives these replies in order, the last one for ever; or asks one function.

    Args:
        replies: what it gives.
        port: where it listens; a free one unless given.
        date: what its clock says; the time unless given.
    """
    first = replies[0]
    respond = first if callable(first) else lambda body, number: replies[min(number, len(replies)) - 1]
    server = Server(respond, port, date)
    try:
        yield server
    finally:
        server.close()
