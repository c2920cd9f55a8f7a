"""The server: one address on this machine, and a thread that films what can be rated."""

from __future__ import annotations

import secrets
import socket
import threading
from pathlib import Path

import uvicorn

from text2reward.errors import RenderError, UserError
from text2reward.record.candidate import Candidate
from text2reward.record.events import RoundFinished, RunFinished
from text2reward.web.serve.app import make_app
from text2reward.web.serve.follower import Follower
from text2reward.web.serve.ports import Ports

HOST = "127.0.0.1"

_Asked = tuple[str, int, int]
"""A training, its steps, and how many rounds were over when its films were asked for."""


class Server:
    """Serves the pages of one run on 127.0.0.1.

    Args:
        folder: the run's.
        ports: what the pages ask others for.
        port: 0 for a free one.
        films: whether candidates are filmed as they come.

    Raises:
        UserError: the port cannot be had.
    """

    def __init__(self, folder: Path, ports: Ports, port: int = 0, films: bool = True) -> None:
        self._socket = _listen(port)
        self._token = secrets.token_urlsafe(24)
        self._filmer = Filmer(folder, ports)
        self._films = films
        app = make_app(folder, ports, self._token, lambda: self._filmer.problem)
        settings = uvicorn.Config(
            app, log_level="error", access_log=False, lifespan="off", server_header=False, timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(settings)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])

    @property
    def address(self) -> str:
        """The address to open, with the token."""
        return f"http://{HOST}:{self.port}/?token={self._token}"

    def run(self) -> None:
        """Serve until told to stop, or interrupted."""
        if self._films:
            self._filmer.start()
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._filmer.stop()
            self._socket.close()

    def stop(self) -> None:
        """Let :meth:`run` return."""
        self._server.should_exit = True


class Filmer(threading.Thread):
    """Films every trained candidate, as they come.

    Args:
        folder: the run's.
        ports: who films.
    """

    PAUSE_S = 2.0

    def __init__(self, folder: Path, ports: Ports) -> None:
        super().__init__(daemon=True, name="films")
        self._follower, self._ports = Follower(folder), ports
        self._over = threading.Event()
        self.problem = ""

    def run(self) -> None:
        """Look for candidates without films until told to stop."""
        done: set[_Asked] = set()
        while not self._over.is_set():
            try:
                self._film(done)
            except RenderError as error:
                self.problem = f"There are no films: {error}"
                return
            except UserError as error:
                self.problem = f"Filming failed: {error}"
                self._over.wait(10 * self.PAUSE_S)
            self._over.wait(self.PAUSE_S)

    def stop(self) -> None:
        """Begin no further film."""
        self._over.set()

    def _film(self, done: set[_Asked]) -> None:
        run = self._follower.run()
        over = len([*run.events(RoundFinished), *run.events(RunFinished)])
        policies = {candidate.id: _policy(candidate, over) for candidate in run.candidates.values()}
        owed = {name: policy for name, policy in policies.items() if policy is not None and policy not in done}
        if owed:
            self._ports.films(run).make([run.candidates[name] for name in owed])
            done.update(owed.values())
            self.problem = ""


def _policy(candidate: Candidate, over: int) -> _Asked | None:
    """What tells a policy from the same candidate's after a further heat; None where there is none.

    One that may yet be trained on is not filmed, so all are asked for again when another round is ``over``.
    """
    training = candidate.training
    return None if training is None or training.select is None else (training.training, training.kept_sim_steps, over)


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        said = error.strerror if isinstance(error, OSError) else "there is no such port"
        raise UserError(f"Port {port} cannot be had: {said}.", "Leave --port out for a free one.") from error
    return listening
