"""How long a run may still take, from how fast it has been."""

from __future__ import annotations

import heapq
import time

from text2reward.agent.notices import Began, Notice, Progress
from text2reward.record.events import Event, RoundFinished, Screened, Trained

_OVERHEAD_S = 20.0
"""Judging and filming at the end."""


class Timing:
    """Watches a run and bounds the time left: every training that is owed is assumed to use all its steps."""

    def __init__(self) -> None:
        self._budget = self._jobs = self._candidates = self._rounds = 1
        self._round_done = 0
        self._most = 0  # steps that a training of this round takes at most
        self._done: set[str] = set()
        self._running: dict[str, tuple[int, float]] = {}  # steps done, and when
        self._rates: list[float] = []

    def __call__(self, event: Event | Notice) -> None:
        """Take note of an event or notice."""
        if isinstance(event, Began):
            config = event.config
            self._budget = self._most = config.steps
            self._jobs, self._candidates, self._rounds = event.jobs, config.candidates, config.rounds
            self._round_done = len(event.run.rounds)
            trained = [c for c in event.run.candidates.values() if c.training is not None]
            self._done = {c.id for c in trained if c.draft.round > self._round_done}
        elif isinstance(event, Progress):
            self._progress(event)
        elif isinstance(event, Screened) and not event.trains:
            self._done.add(event.candidate)
        elif isinstance(event, Trained):
            self._done.add(event.candidate)
            self._running.pop(event.candidate, None)
        elif isinstance(event, RoundFinished):
            self._round_done, self._most = event.round, self._budget
            self._done.clear()
            self._running.clear()

    def left_s(self) -> float | None:
        """Seconds that the run takes at most; None before the first progress."""
        if not self._rates:
            return None
        rate = sum(self._rates[-20:]) / len(self._rates[-20:])  # simulator steps a second, per training
        waiting = max(0, self._candidates - len(self._done) - len(self._running))
        later = max(0, self._rounds - self._round_done - 1) * -(-self._candidates // self._jobs) * self._budget
        free = [max(0, self._most - steps) for steps, _ in self._running.values()]
        free += [0] * (self._jobs - len(free))
        heapq.heapify(free)
        for _ in range(waiting if self._round_done < self._rounds else 0):
            heapq.heapreplace(free, free[0] + self._most)
        return (max(free) + later) / rate + _OVERHEAD_S

    def _progress(self, event: Progress) -> None:
        now = time.monotonic()
        name, steps = event.candidate, event.point.sim_steps
        self._most = event.most_steps
        if name in self._running:
            before, when = self._running[name]
            self._rates.append((steps - before) / max(1e-3, now - when))
        self._running[name] = steps, now
