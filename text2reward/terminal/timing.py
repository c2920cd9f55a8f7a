"""How long a run may still take, from how fast it has been."""

from __future__ import annotations

import time

from text2reward.agent.notices import Began, Notice, Progress
from text2reward.record.events import Event, RoundFinished, Trained

_OVERHEAD_S = 20.0
"""Judging and filming at the end."""


class Timing:
    """Watches a run and bounds the time left: every training that is owed is assumed to use all its steps."""

    def __init__(self) -> None:
        self._budget = self._jobs = self._candidates = self._rounds = 0
        self._steps: dict[str, int] = {}
        self._started: dict[str, float] = {}
        self._rates: list[float] = []
        self._round_done = 0
        self._done: set[str] = set()

    def __call__(self, event: Event | Notice) -> None:
        """Take note of an event or notice."""
        if isinstance(event, Began):
            config = event.config
            self._budget, self._jobs = config.steps, event.jobs
            self._candidates, self._rounds = config.candidates, config.rounds
            self._round_done = len(event.run.rounds)
            self._done = {c.id for c in event.run.candidates.values() if c.training is not None}
        elif isinstance(event, Progress):
            self._progress(event)
        elif isinstance(event, Trained):
            self._done.add(event.candidate)
        elif isinstance(event, RoundFinished):
            self._round_done = event.round
            self._done.clear()

    def left_s(self) -> float | None:
        """Seconds left at most; None before the first progress."""
        if not self._rates:
            return None
        rate = sum(self._rates[-20:]) / len(self._rates[-20:])  # simulator steps a second, per training
        running = sum(steps for name, steps in self._steps.items() if name not in self._done)
        owed = (self._rounds - self._round_done) * self._candidates - len(self._done)
        steps = max(0, owed * self._budget - running)
        return steps / rate / max(1, self._jobs) + _OVERHEAD_S

    def _progress(self, event: Progress) -> None:
        now = time.monotonic()
        name, steps = event.candidate, event.point.sim_steps
        if name in self._steps and steps > self._steps[name]:
            self._rates.append((steps - self._steps[name]) / max(1e-3, now - self._started[name]))
        self._steps[name], self._started[name] = steps, now
