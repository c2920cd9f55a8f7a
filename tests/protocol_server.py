"""A local server that speaks OpenAI's chat protocol, and its failures."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """What the server sends back: a status, a body, headers; or it hangs up."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False


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


class Server:
    """Answers each request with what ``respond`` makes of it; keeps the requests."""

    def __init__(self, respond: Callable[[dict[str, Any], int], Reply]) -> None:
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
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(payload)))
                for name, value in reply.headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *arguments: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@contextmanager
def serving(*replies: Reply | Callable[[dict[str, Any], int], Reply]) -> Iterator[Server]:
    """A server that gives these replies in order, the last one for ever; or asks one function."""
    first = replies[0]
    respond = first if callable(first) else lambda body, number: replies[min(number, len(replies)) - 1]
    server = Server(respond)
    try:
        yield server
    finally:
        server.close()
