"""The world outside a reward process, with canaries in it: what an attack could change, reach or learn."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import subprocess
from pathlib import Path

import numpy as np
import psutil
import toy

from text2reward.envs.transitions import Transitions
from text2reward.sandbox.reward_process import Limits, RewardFault, RewardProcess
from text2reward.sandbox.reward_server import RewardServer

SECRET = "sk-canary-7f3a91"
FILE_SECRET = "canary-file-52c8e0"


class Outside:
    """Files, listening sockets, secrets and processes that no reward program may touch.

    Args:
        folder: an empty one.
        rewards: the server whose processes are attacked.
    """

    def __init__(self, folder: Path, rewards: RewardServer) -> None:
        self._folder, self._rewards = folder, rewards
        folder.chmod(0o777)
        for name in ("canary.txt", "canary.sh"):
            (folder / name).write_text(FILE_SECRET)
            (folder / name).chmod(0o777)
        (folder / "inner").mkdir()
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self._unix = socket.socket(socket.AF_UNIX)
        self._unix.bind(str(folder / "canary.sock"))
        self._unix.listen()
        (folder / "canary.sock").chmod(0o777)
        self._abstract = socket.socket(socket.AF_UNIX)
        self._abstract.bind(f"\0canary-{os.getpid()}-{folder.name}")
        self._abstract.listen()
        for each in self._sockets:
            each.setblocking(False)
        self._memory = bytearray(SECRET.encode())  # in this process's heap, and nowhere in the server's
        self._keeper = subprocess.Popen(["sleep", "1000"], env={"OPENAI_API_KEY": SECRET})
        self._before = self._files()
        self._twin = self._start(toy.REACH)
        self._answer = self._terms(self._twin)

    @property
    def _sockets(self) -> tuple[socket.socket, ...]:
        return self._tcp, self._udp, self._unix, self._abstract

    @property
    def places(self) -> dict[str, str]:
        """What an attacker is told, so that no attack fails for not knowing where to go."""
        server = self._rewards._server._process
        assert server is not None
        return {
            "FOLDER": str(self._folder),
            "CANARY": str(self._folder / "canary.txt"),
            "TCP_PORT": str(self._tcp.getsockname()[1]),
            "UDP_PORT": str(self._udp.getsockname()[1]),
            "UNIX_SOCKET": str(self._folder / "canary.sock"),
            "ABSTRACT": f"canary-{os.getpid()}-{self._folder.name}",
            "MAIN_PID": str(os.getpid()),
            "KEEPER_PID": str(self._keeper.pid),
            "SERVER_PID": str(server.pid),
            "TWIN_PID": str(self._twin._child.pid),
            "SECRET_ADDRESS": str(id(self._memory)),
        }

    def told(self, source: str) -> str:
        """The program with the places filled in."""
        for name, value in self.places.items():
            source = source.replace(f"<{name}>", value)
        return source

    def attack(self, source: str, limits: Limits) -> str:
        """Run a program without any static check; all that came back from it, as text."""
        process = self._rewards.process(toy.TASK.layout, 3, 64, limits)
        heard: list[str] = []
        try:
            process.load(self.told(source))
            for _ in range(2):
                terms = self._terms(process)
                heard += [repr(terms), *(_as_text(values) for values in terms.values())]
        except RewardFault as fault:
            heard.append(str(fault.finding))
        finally:
            process.close()
        return "\n".join(heard)

    def unharmed(self, heard: str = "") -> None:
        """Assert that nothing was changed, reached, learned or left running."""
        assert SECRET not in heard
        assert FILE_SECRET not in heard
        assert self._files() == self._before
        for each in self._sockets:
            with contextlib.suppress(BlockingIOError):
                each.recv(1) if each is self._udp else each.accept()
                raise AssertionError(f"{each} was reached")
        again = self._terms(self._twin)
        assert all(np.array_equal(self._answer[name], again[name]) for name in self._answer)
        fresh = self._start(toy.REACH)
        assert all(np.array_equal(values, self._answer[name]) for name, values in self._terms(fresh).items())
        fresh.close()
        self._only_the_twin_is_left()

    def close(self) -> None:
        """Give everything back."""
        self._twin.close()
        self._keeper.kill()
        self._keeper.wait()
        for each in self._sockets:
            each.close()

    def _start(self, source: str) -> RewardProcess:
        process = self._rewards.process(toy.TASK.layout, 3, 64)
        process.load(source)
        return process

    @staticmethod
    def _terms(process: RewardProcess) -> dict[str, np.ndarray]:
        part = batch()
        return process(part.prev, part.action, part.state)

    def _files(self) -> dict[str, tuple[int, int, int, bytes]]:
        seen = {}
        for path in sorted([self._folder, *self._folder.rglob("*")]):
            about = path.lstat()
            content = path.read_bytes() if stat.S_ISREG(about.st_mode) else b""
            seen[str(path)] = (about.st_mode, about.st_uid, about.st_mtime_ns, content)
        return seen

    def _only_the_twin_is_left(self) -> None:
        server = self._rewards._server._process
        assert server is not None
        assert server.poll() is None
        children = psutil.Process(server.pid).children(recursive=True)
        psutil.wait_procs([child for child in children if child.pid != self._twin._child.pid], timeout=5)
        left = psutil.Process(server.pid).children(recursive=True)
        assert [child.pid for child in left] == [self._twin._child.pid]


def batch() -> Transitions:
    """Transitions that every program is asked about."""
    rng = np.random.default_rng(0)
    prev, action, state = (rng.normal(size=(64, size)).astype(np.float32) for size in (6, 3, 6))
    return Transitions(prev, action, state, np.zeros(64, dtype=bool), np.zeros(64, dtype=np.float32))


def _as_text(values: np.ndarray) -> str:
    """What a program may have hidden in numbers."""
    return "".join(chr(int(value)) for value in values if 0 < value < 0x110000 and not 0xD800 <= value < 0xE000)
