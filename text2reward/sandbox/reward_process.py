"""The client of a reward process: hand over arrays, get terms back, believe nothing."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np

from text2reward.errors import SandboxError
from text2reward.record.finding import Finding, steady
from text2reward.sandbox import channel
from text2reward.sandbox.fork_server import Child
from text2reward.sandbox.shared_arrays import MAX_TERMS, TERM_NAME, Shape, SharedArrays
from text2reward.sandbox.tier import Lock

T = TypeVar("T")

START_TIMEOUT_S = 120.0
"""The first child waits for the server's imports."""

MEMORY_BYTES = 1 << 30
MAX_REWARD = 1e6
"""Largest sum of the terms' magnitudes in a row; beyond it float32 training is hopeless."""

PATIENCE_S, CALL_S, ROW_S = 30.0, 20e-3, 1e-3
"""A process may take this long in all, and this much longer for every call and for every row it was handed."""

_CPU_CLOCK = 2  # a process's own clock, made from its number as clock_getcpuclockid does on Linux
_HEAD = 100
"""Bytes of a message beside the program."""
FAULTS = frozenset(
    "syntax no-entry raised branch loop memory not-terms term-name term-type term-shape term-dtype term-device "
    "unknown-field".split()
)
"""What a reward process may call its faults."""
KILLED = "out-of-memory"
"""The fault of a process that was killed: its memory is limited in another way, so the machine or a person did it."""


class KilledEarly(SandboxError):
    """A process was killed before it was ready: from outside, or for lack of memory."""


class RewardFault(Exception):
    """The program, or the process that runs it, failed; ``finding`` says how."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding

    @property
    def killed(self) -> bool:
        """Whether the process was killed, which need not be the program's fault."""
        return self.finding.name == KILLED


@dataclass(frozen=True)
class Limits:
    """What one reward process may use.

    Args:
        load_s, call_s: wall-clock limits; a process that exceeds one is killed.
        memory_bytes: address space it may add to what the libraries take.
    """

    load_s: float = 5.0
    call_s: float = 10.0
    memory_bytes: int = MEMORY_BYTES


class RewardProcess:
    """One locked process that holds one reward program.

    A process that was killed from outside is put in another's place once, with the same program: a program has no
    memory, so that nothing differs.

    Args:
        fd: the message channel.
        block: descriptor of the shared arrays.
        shape: of the shared arrays.
        child: the process.
        limits: what it may use.
        forked: makes another process over the same block; None where nobody here can.
    """

    def __init__(
        self,
        fd: int,
        block: int,
        shape: Shape,
        child: Child,
        limits: Limits,
        forked: Callable[[], tuple[int, Child]] | None = None,
    ) -> None:
        self._fd, self._block, self._child = fd, block, child
        self._shape, self._limits = shape, limits
        self._forked, self._source = forked, ""
        self.restarts = 0
        self._arrays = SharedArrays(block, shape)
        self._names: tuple[str, ...] | None = None
        self._spent_s, self._due_s = 0.0, PATIENCE_S
        self._open = self.alive = True

    def await_ready(self) -> Lock:
        """Wait until the process is locked, and learn how. No untrusted code has run in it until then.

        Raises:
            SandboxError: the kernel refused a lock, or the self-test found a hole.
        """
        try:
            answer = channel.receive(self._fd, START_TIMEOUT_S)
        except (channel.ChannelClosed, channel.AnswerTimeout, channel.MessageTooLarge, channel.NotAMessage) as error:
            code = self._child.wait(1.0)
            kind = KilledEarly if code == -signal.SIGKILL else SandboxError
            raise kind(f"The reward process did not start (exit code {code}).", "Run `text2reward doctor`.") from error
        if "ready" not in answer:
            raise SandboxError(
                f"The reward process cannot be locked here: {answer.get('refused', 'no reason given')}.",
                "--sandbox off runs programs you trust with resource limits only; docs/security.md tells of the tiers.",
            )
        return Lock(**answer["ready"])

    def load(self, source: str) -> None:
        """Load the program.

        Raises:
            RewardFault: it does not load; the process is still usable unless it had to be killed.
        """
        self._names = None
        if len(json.dumps(source)) > channel.MAX_MESSAGE - _HEAD:
            raise RewardFault(Finding("source-size", "the program is too long to be loaded"))
        self._source = ""
        self._once_more(lambda: self._load(source))
        self._source = source

    def _load(self, source: str) -> None:
        answer = self._ask({"load": source}, self._limits.load_s)
        if answer.get("loaded") is not True:
            raise self._dead("protocol", "the reward process did not say that it loaded the program")

    def __call__(
        self,
        prev: np.ndarray,
        action: np.ndarray,
        state: np.ndarray,
        double: bool = False,
        within_s: float | None = None,
    ) -> dict[str, np.ndarray]:
        """The terms of B transitions, each ``(B,)`` float32; batches above the capacity are cut up.

        Args:
            prev, state: ``(B, D)`` packed states before and after.
            action: ``(B, A)``.
            double: have the program compute in float64.
            within_s: wall-clock limit for each part, if shorter than that of the process.

        Raises:
            RewardFault: the program failed, was too slow, or its answer is not finite or too large.
        """
        rows = self._shape.rows
        limit_s = self._limits.call_s if within_s is None else min(within_s, self._limits.call_s)

        def part(i: int) -> dict[str, np.ndarray]:
            rest = prev[i : i + rows], action[i : i + rows], state[i : i + rows]
            return self._once_more(lambda: self._call(*rest, double, limit_s))

        if len(state) <= rows:
            return part(0)
        parts = [part(i) for i in range(0, len(state), rows)]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def inputs(self, rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Copies of what lies in the shared input arrays now: (prev, action, state)."""
        arrays = self._arrays
        return arrays.prev[:rows].copy(), arrays.action[:rows].copy(), arrays.state[:rows].copy()

    def cpu_s(self) -> float:
        """Processor time that the process has used, as the kernel counts it; wall-clock time where it does not tell.

        Unlike the wall clock it does not depend on what else the machine is doing.
        """
        try:
            return time.clock_gettime((~self._child.pid << 3) | _CPU_CLOCK)
        except (AttributeError, OSError):
            return time.perf_counter()

    def kill(self) -> None:
        """Kill the process."""
        self.alive = False
        self._child.kill()

    def close(self) -> None:
        """Kill the process and give back what it held. Safe to call twice."""
        if self._open:
            self._open = False
            self._child.kill()
            self._child.close()
            os.close(self._fd)
            os.close(self._block)

    def hand_over(self) -> tuple[dict[str, Any], list[int]]:
        """What another process of ours needs to take this one over: plain data, and descriptors to send along."""
        data = {"shape": asdict(self._shape), "limits": asdict(self._limits), "pid": self._child.pid}
        fds = [self._fd, self._block, self._child.exit_channel.fileno()]
        if self._child.pidfd >= 0:
            fds.append(self._child.pidfd)
        return data, fds

    @classmethod
    def take_over(cls, data: Mapping[str, Any], fds: list[int]) -> RewardProcess:
        """The process that :meth:`hand_over` described."""
        fd, block, exit_fd, *pidfd = fds
        child = Child(data["pid"], pidfd[0] if pidfd else -1, socket.socket(fileno=exit_fd))
        return cls(fd, block, Shape(**data["shape"]), child, Limits(**data["limits"]))

    def _once_more(self, ask: Callable[[], T]) -> T:
        """What ``ask`` gives; from another process where this one was killed meanwhile."""
        try:
            return ask()
        except RewardFault as fault:
            if not fault.killed or self._forked is None or self.restarts:
                raise
            self.restarts += 1
            self._child.close()
            os.close(self._fd)
            self._fd, self._child = self._forked()
            self.await_ready()
            self.alive = True
            if self._source:
                self._load(self._source)
            return ask()

    def _call(
        self, prev: np.ndarray, action: np.ndarray, state: np.ndarray, double: bool, limit_s: float
    ) -> dict[str, np.ndarray]:
        count = len(state)
        arrays = self._arrays
        arrays.prev[:count], arrays.action[:count], arrays.state[:count] = prev, action, state
        began = time.monotonic()
        answer = self._ask({"rows": count, "double": double}, limit_s)
        self._spent_s += time.monotonic() - began
        self._due_s += CALL_S + count * ROW_S
        if self._spent_s > self._due_s:
            raise self._dead("too-slow", f"took {self._spent_s:.0f} s in all, which no training can wait for")
        names = self._check_names(answer.get("terms"))
        values = arrays.terms[: len(names), :count].copy()
        self._check_values(names, values)
        return dict(zip(names, values, strict=True))

    def _check_values(self, names: tuple[str, ...], values: np.ndarray) -> None:
        """Values are data, too: ``(K, B)`` float32, finite and no larger than training can stand."""
        count = values.shape[1]
        bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
        if len(bad):
            name = names[bad[0]]
            row = int(np.flatnonzero(~np.isfinite(values[bad[0]]))[0])
            raise RewardFault(
                Finding(
                    "not-finite",
                    f"term {name} is {values[bad[0], row]} in {int((~np.isfinite(values[bad[0]])).sum())} of {count} "
                    f"rows; clamp what goes into log, sqrt, acos and division (first at row {row})",
                )
            )
        sizes = np.abs(values, dtype=np.float64)
        total = sizes.sum(axis=0)  # (B,)
        row = int(np.argmax(total))
        if total[row] > MAX_REWARD:
            raise RewardFault(
                Finding(
                    "magnitude",
                    f"the terms reach {total[row]:.3g}, mostly by {names[int(np.argmax(sizes[:, row]))]}; keep the sum "
                    "within a few units a step",
                )
            )

    def _check_names(self, names: Any) -> tuple[str, ...]:
        """Names are data from the other side: a list of few, short, distinct words, the same in every call."""
        valid = isinstance(names, list) and 1 <= len(names) <= MAX_TERMS
        if not valid or not all(isinstance(n, str) and TERM_NAME.fullmatch(n) for n in names):
            raise self._dead("protocol", "the reward process answered with something that is no list of terms")
        if len(set(names)) != len(names):
            raise self._dead("protocol", "the reward process named a term twice")
        if self._names is not None and tuple(names) != self._names:
            raise RewardFault(
                Finding("term-names-change", f"the terms were {', '.join(self._names)} and are now {', '.join(names)}")
            )
        self._names = tuple(names)
        return self._names

    def _ask(self, message: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        try:
            if channel.unread(self._fd):
                channel.receive(self._fd, timeout_s)
                raise self._dead("flood", "the reward process spoke without being asked and was stopped")
            channel.send(self._fd, message, timeout_s=timeout_s)
            answer = channel.receive(self._fd, timeout_s)
        except channel.AnswerTimeout:
            raise self._dead("timeout", f"took longer than {timeout_s:g} s and was stopped") from None
        except channel.MessageTooLarge:
            raise self._dead("flood", "sent more than a reward process may send and was stopped") from None
        except channel.NotAMessage:
            raise self._dead("protocol", "the reward process sent something that is no message") from None
        except channel.ChannelClosed:
            raise self._crashed() from None
        if "fault" in answer:
            raise RewardFault(_fault(answer["fault"]))
        return answer

    def _dead(self, name: str, message: str) -> RewardFault:
        self.alive = False
        self._child.kill()
        return RewardFault(Finding(name, message))

    def _crashed(self) -> RewardFault:
        status = self._child.wait(2.0)
        if status == -signal.SIGKILL:
            return self._dead(KILLED, "the reward process was killed, most likely for lack of memory")
        if status == -signal.SIGXCPU:
            return self._dead("timeout", "used more processor time than a reward process may use")
        if status is not None and status < 0:
            return self._dead("crash", f"the reward process was ended by {_signal_name(-status)}")
        return self._dead("crash", f"the reward process ended without an answer (exit code {status})")


def _signal_name(number: int) -> str:
    with contextlib.suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"


def _fault(data: Any) -> Finding:
    """A fault as the other side tells it, cut down to printable text."""
    if not isinstance(data, dict):
        return Finding("protocol", "the reward process reported a fault that is none")
    name, line = data.get("name"), data.get("line")
    return Finding(
        name=name if isinstance(name, str) and name in FAULTS else "raised",
        message=steady(_printable(data.get("message"), 600)),
        line=line if type(line) is int and 0 < line < 100_000 else None,
    )


def _printable(text: Any, limit: int) -> str:
    return "".join(c if c.isprintable() else " " for c in str(text)[:limit]).strip()
