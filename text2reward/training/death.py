"""How a worker process ended, in words that name what is to blame."""

from __future__ import annotations

import contextlib
import re
import signal
from pathlib import Path

OUT_OF_MEMORY, DIED, SILENT = "out-of-memory", "trainer-died", "no-sign-of-life"

_LOG_TAIL = 8_000
_LONGEST = 400
_NO_MEMORY = re.compile(
    r"MemoryError|OutOfMemoryError|std::bad_alloc|can't allocate memory|Cannot allocate memory|CUDA out of memory"
)
_CRASH = re.compile(r"Fatal Python error: (?P<what>[^\n]+)\n(?P<rest>.*)", re.DOTALL)
_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+) in (?P<name>\S+)')


class WorkerDied(Exception):
    """A worker process ended without a result; the text says how, with its last words.

    Args:
        text: the same, in words.
        killed: it was ended from outside, by a crash or for lack of memory, rather than by an error of its own.
        name: what a finding about it is called: one of those above.
    """

    def __init__(self, text: str, killed: bool = False, name: str = DIED) -> None:
        super().__init__(text)
        self.killed, self.name = killed, name


class Witness:
    """Looks on from before a process starts, and says how it ended.

    Args:
        log: where the process writes its text; None where nobody keeps that.
    """

    def __init__(self, log: Path | None) -> None:
        self._log, self._begin = log, 0
        with contextlib.suppress(OSError):
            self._begin = log.stat().st_size if log is not None else 0
        self._kills = memory_kills()

    def death(self, status: int) -> WorkerDied:
        """What became of it, by its exit code, which is negative for a signal."""
        said = self._said()
        if status != 0 and _NO_MEMORY.search(said):
            return WorkerDied("ran out of memory", killed=True, name=OUT_OF_MEMORY)
        if status == -signal.SIGKILL and memory_kills() > self._kills:
            return WorkerDied("was killed by the system, because memory ran out", killed=True, name=OUT_OF_MEMORY)
        if status < 0:
            return WorkerDied(f"was ended by {_signal(-status)}{_place(said)}", killed=True)
        last = (said.strip().splitlines() or [""])[-1][:_LONGEST]
        return WorkerDied(f"ended with exit code {status}{': ' + last if last else ''}")

    def _said(self) -> str:
        """The end of what it wrote."""
        if self._log is None:
            return ""
        try:
            with self._log.open("rb") as file:
                file.seek(max(self._begin, file.seek(0, 2) - _LOG_TAIL))
                return file.read().decode(errors="replace")
        except OSError:
            return ""


def silent(seconds: float) -> WorkerDied:
    """For a process of which nothing came any more, and which was ended for that."""
    return WorkerDied(f"gave no sign of life for {seconds:g} s and was stopped", killed=True, name=SILENT)


def memory_kills() -> int:
    """How many processes this machine has killed for lack of memory since it started; 0 where it does not tell."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def _signal(number: int) -> str:
    with contextlib.suppress(ValueError):
        return f"signal {number} ({signal.Signals(number).name})"
    return f"signal {number}"


def _place(said: str) -> str:
    """Where Python was when it crashed, if it could say so: the innermost line of a person's or a library's code."""
    crash = _CRASH.search(said)
    frame = _FRAME.search(crash["rest"]) if crash else None
    return f" in {frame['name']} ({Path(frame['file']).name}:{frame['line']})" if frame else ""
