"""Signs of life of a process: whoever waits for it knows that it works, however long a rollout takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

ALIVE = "alive"
"""The key of a message that says nothing else."""

EVERY_S = 1.0

SILENCE_S = 300.0
"""A process of which nothing comes for so long is stuck: nothing that an environment or a learner does at once takes
that long."""


class _Pulse:
    """The pulse of this process; silent until somebody listens."""

    def __init__(self) -> None:
        self._tell: Callable[[dict[str, Any]], None] | None = None
        self._last = 0.0

    def start(self, tell: Callable[[dict[str, Any]], None]) -> None:
        self._tell = tell
        self.beat()

    def beat(self) -> None:
        if self._tell is not None and time.monotonic() - self._last >= EVERY_S:
            self._last = time.monotonic()
            self._tell({ALIVE: True})


_pulse = _Pulse()
start = _pulse.start
beat = _pulse.beat
