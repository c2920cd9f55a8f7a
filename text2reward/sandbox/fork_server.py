"""A fork server: a clean process that imports once and forks a fresh child per request.

It is started by exec with an environment its starter chooses, so neither it nor its children ever hold the starter's
keys, heap or descriptors. A child costs milliseconds, because the heavy imports are already in memory.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from text2reward.errors import SandboxError

_PACKAGE_PARENT = str(Path(__file__).resolve().parents[2])
_BOOTSTRAP = (
    "import sys, json; request = json.loads(sys.argv[1]); sys.path[:0] = request['path']; "
    "from text2reward.sandbox.fork_server_main import serve; serve(request)"
)


ANSWER_S = 300.0
"""A server that has not answered by then, imports included, is stuck."""

_LAST_WORDS = 4096


@dataclass(eq=False)
class Child:
    """A forked child, as seen by whoever asked for it.

    Args:
        pid: its process id.
        pidfd: refers to this very process; -1 where the platform has no such descriptors.
        exit_channel: receives the child's wait status when it is gone.
    """

    pid: int
    pidfd: int
    exit_channel: socket.socket
    _status: int | None = None

    def kill(self) -> None:
        """Kill the child at once; does nothing when it is gone."""
        with contextlib.suppress(ProcessLookupError):
            if self.pidfd >= 0:
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
            elif self._status is None:
                os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout_s: float | None = None) -> int | None:
        """The exit code, negative for a signal; None when the child is still there after ``timeout_s``.

        A fork server that died took its children along: that reads as -9.
        """
        if self._status is None:
            self.exit_channel.settimeout(timeout_s)
            try:
                answer = self.exit_channel.recv(16)
            except (TimeoutError, BlockingIOError):
                return None
            except OSError:
                answer = b""
            self._status = int(answer) if answer else -signal.SIGKILL
        return self._status

    def close(self) -> None:
        """Give back the descriptors. The child itself is not touched."""
        self.exit_channel.close()
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1


_shared: dict[str, ForkServer] = {}
_shared_lock = threading.Lock()


@atexit.register
def _close_shared() -> None:
    for server in _shared.values():
        server.close()


class ForkServer:
    """Starts, asks and stops one fork server.

    Args:
        target: ``package.module:function`` that a child runs as ``function(request, fds)``.
        preload: modules the server imports before it forks.
        environment: the server's whole environment.
        path: entries put in front of ``sys.path``; the package's own parent is always among them.
        strict: refuse to fork when the imports left more than one thread running.
    """

    def __init__(
        self,
        target: str,
        preload: Sequence[str],
        environment: Mapping[str, str],
        path: Sequence[str] = (),
        strict: bool = False,
    ) -> None:
        self._request = {
            "target": target,
            "preload": list(preload),
            "path": [_PACKAGE_PARENT, *path],
            "strict": strict,
        }
        self._environment = dict(environment)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None
        self._control: socket.socket | None = None
        self._served = False

    @classmethod
    def shared(
        cls,
        target: str,
        preload: Sequence[str],
        environment: Mapping[str, str],
        path: Sequence[str] = (),
        strict: bool = False,
    ) -> ForkServer:
        """The server with these settings that this process has already, or a new one; it lives until the process ends.

        Several runs in one process share the imports that way.
        """
        key = json.dumps([target, list(preload), dict(environment), list(path), strict], sort_keys=True)
        with _shared_lock:
            if key not in _shared:
                _shared[key] = cls(target, preload, environment, path, strict)
            return _shared[key]

    def start(self) -> None:
        """Start the server without waiting for its imports. Does nothing when it runs already."""
        with self._lock:
            self._ensure_started()

    def fork(self, request: Mapping[str, Any], fds: Sequence[int] = ()) -> Child:
        """A fresh child that runs the target with ``request`` (plain JSON data) and copies of ``fds``.

        A server that forked before and died since is started once more.

        Raises:
            SandboxError: the server does not start, or died.
        """
        with self._lock:
            try:
                child = self._fork(request, fds)
            except SandboxError:
                if not self._served:
                    raise
                self._served = False
                child = self._fork(request, fds)
            self._served = True
            return child

    def _fork(self, request: Mapping[str, Any], fds: Sequence[int]) -> Child:
        control = self._ensure_started()
        try:
            payload = json.dumps(request).encode()
            socket.send_fds(control, [len(payload).to_bytes(4, "big")], list(fds))
            control.sendall(payload)
            answer, received, _, _ = socket.recv_fds(control, 4096, 2)
        except OSError as error:
            raise self._died() from error
        except BaseException:  # interrupted between question and answer: the next asker would get this child
            self._died(last_words_s=0.0)
            raise
        if not answer:
            raise self._died()
        reply = json.loads(answer)
        if "error" in reply:
            raise SandboxError(reply["error"])
        pidfd = received[1] if len(received) > 1 else -1
        return Child(reply["pid"], pidfd, socket.socket(fileno=received[0]))

    def close(self) -> None:
        """Stop the server; its children are killed with it."""
        with self._lock:
            if self._control is not None:
                self._control.close()  # the server ends when its asker is gone
                self._control = None
            if self._process is not None:
                try:
                    self._process.wait(timeout=1)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()
                if self._said is not None:
                    self._said.close()
                self._process = self._said = None

    def _ensure_started(self) -> socket.socket:
        if self._control is not None:
            return self._control
        try:
            self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the server
        except OSError as error:
            raise SandboxError(
                f"No temporary file can be made: {error.strerror}.", "Make room, or set TMPDIR."
            ) from error
        here, there = socket.socketpair()
        here.settimeout(ANSWER_S)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _BOOTSTRAP, json.dumps({**self._request, "fd": there.fileno()})],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._said,
                pass_fds=[there.fileno()],
                start_new_session=True,
            )
        finally:
            there.close()
        self._control = here
        return here

    def _died(self, last_words_s: float = 2.0) -> SandboxError:
        """What to raise for a server that is gone or going: it gets ``last_words_s`` to say why."""
        assert self._process is not None
        assert self._said is not None
        for patience_s in (last_words_s, 5.0):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=patience_s)
                break
            self._process.kill()
        self._said.seek(max(0, self._said.seek(0, os.SEEK_END) - _LAST_WORDS))
        said = self._said.read().decode(errors="replace").strip().splitlines()
        code = self._process.returncode
        self._said.close()
        if self._control is not None:
            self._control.close()
        self._process = self._control = self._said = None  # the next request starts a new one
        return SandboxError(
            f"The fork server for {self._request['target']} stopped with exit code {code}.",
            f"Its last words: {said[-1]}" if said else "",
        )
