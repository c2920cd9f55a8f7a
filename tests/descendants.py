"""Looking into the processes that a process has started: their environments, command lines and memory."""

from __future__ import annotations

import threading
import time
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """All processes below ``pid``."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(text.rpartition(")")[2].split()[1])
    found, last = [], [pid]
    while last:
        last = [child for child, parent in parents.items() if parent in last]
        found += last
    return found


def environment_of(pid: int) -> bytes:
    """Its variables and its command line; empty where it is gone."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes() + Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def memory_holds(pid: int, secret: bytes) -> tuple[int, bool]:
    """How many bytes of its writable memory could be read, and whether they hold the secret."""
    seen, found = 0, False
    try:
        maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
        with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
            for line in maps:
                place, rights, *_ = line.split()
                if not rights.startswith("rw"):
                    continue
                start, end = (int(each, 16) for each in place.split("-"))
                try:
                    memory.seek(start)
                    piece = memory.read(end - start) or b""
                except (OSError, OverflowError, ValueError):
                    continue
                seen += len(piece)
                found |= secret in piece
    except OSError:
        pass
    return seen, found


class Search:
    """Looks for a secret in every descendant of a process while it runs.

    Args:
        pid: the process.
        secret: what must not be found.
    """

    def __init__(self, pid: int, secret: str) -> None:
        self._pid, self._secret = pid, secret.encode()
        self.environments: dict[int, bytes] = {}
        self.memory: dict[int, int] = {}
        self.leaks: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        seen: dict[int, float] = {}
        while not self._stop.wait(0.05):
            for pid in descendants(self._pid):
                held = environment_of(pid)
                before = self.environments.get(pid, b"")
                if held:
                    self.environments[pid] = held
                if self._secret in held and self._secret in before:  # at first it may be on its way to its program
                    self.leaks.append(f"the environment of {pid}: {held[-200:]!r}")
                if time.monotonic() - seen.setdefault(pid, time.monotonic()) > 0.5 and pid not in self.memory:
                    self.memory[pid], found = memory_holds(pid, self._secret)
                    if found:
                        self.leaks.append(f"the memory of {pid}")
