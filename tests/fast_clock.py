"""Time that does not pass by itself, for tests of long waits."""

from __future__ import annotations

import threading

from text2reward.agent.patience import Clock


class FastClock:
    """A clock on which time passes only while somebody waits; keeps what was waited for.

    Args:
        real_s: seconds that a wait of one second really takes.
    """

    def __init__(self, real_s: float = 0.0) -> None:
        self.waits: list[float] = []
        self._real_s, self._now = real_s, 1000.0
        self._lock = threading.Lock()

    def now(self) -> float:
        return self._now

    def wait(self, event: threading.Event, seconds: float) -> bool:
        over = event.wait(seconds * self._real_s)
        with self._lock:
            self.waits.append(seconds)
            self._now += seconds
        return over

    def clock(self) -> Clock:
        """The clock, without jitter."""
        return Clock(self.now, self.wait, lambda: 1.0)
