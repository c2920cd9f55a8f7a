"""How long a run may still take, from how fast it has been."""

from __future__ import annotations

import heapq
import math
import time

from text2reward.agent.method import Training
from text2reward.agent.notices import Began, Notice, Progress
from text2reward.record.events import Asked, AwaitsPeople, Event, Heard, Heat, HeldOut, RoundFinished, Trained, Watched

_OVERHEAD_S = 20.0
"""Judging and filming at the end."""


class Timing:
    """Watches a run and bounds the time left: every training that is owed is assumed to use all its steps.

    A race of further seeds is counted from when it begins.
    """

    def __init__(self) -> None:
        self._jobs = self._rounds = 1
        self._round_done = 0
        self._round_steps = self._after = 0.0  # of a whole round, and of the heats after this one, one after the other
        self._training = Training()
        self._candidates = 1
        self._heat: Heat | None = None
        self._most = 0  # steps at which a training of this heat ends at most
        self._done: dict[str, int] = {}  # steps by training
        self._waiting: set[str] = set()
        self._running: dict[str, tuple[int, float, int]] = {}  # steps done, when, and of how many at most
        self._rates: list[float] = []
        self._waited_s = 0.0
        self._waits_since: float | None = None

    @property
    def waited_s(self) -> float:
        """Seconds for which the run has waited for people since it was started or resumed."""
        waits = 0.0 if self._waits_since is None else time.monotonic() - self._waits_since
        return self._waited_s + waits

    def __call__(self, event: Event | Notice) -> None:
        """Take note of an event or notice."""
        if isinstance(event, AwaitsPeople):
            self._waits_since = time.monotonic()
        elif isinstance(event, Asked | Heard | Watched | HeldOut):
            self._waited_s, self._waits_since = self.waited_s, None
        elif isinstance(event, Began):
            config = event.config
            self._jobs, self._rounds = event.jobs, config.rounds
            self._training = config.stages.training
            self._round_steps = self._owed_from(0, config.candidates, config.steps)
            for entry in event.run.entries:
                self(entry.event)
            self._waited_s, self._waits_since = 0.0, None
        elif isinstance(event, Heat):
            self._heat, self._most = event, event.sim_steps
            self._waiting = set(event.candidates)
            self._running.clear()
            self._candidates = self._candidates if event.heat else len(event.candidates)
            later = self._owed_from(event.heat + 1, self._candidates, event.most_steps)
            self._after = 0.0 if event.seed else later
        elif isinstance(event, Progress):
            self._progress(event)
        elif isinstance(event, Trained):
            self._done[event.training] = event.sim_steps
            self._waiting.discard(event.candidate)
            self._running.pop(event.candidate, None)
        elif isinstance(event, RoundFinished):
            self._round_done, self._heat = event.round, None
            self._running.clear()

    def left_s(self) -> float | None:
        """Seconds that the run takes at most; None before the first progress."""
        if not self._rates:
            return None
        rate = sum(self._rates[-20:]) / len(self._rates[-20:])  # simulator steps a second, per training
        steps = max(0, self._rounds - self._round_done) * self._round_steps
        if self._heat is not None:
            steps += self._in_heat(self._heat.seed) + self._after - self._round_steps
        return steps / rate + _OVERHEAD_S

    def _in_heat(self, seed: int) -> float:
        """Steps until this heat is over, one after the other."""
        free = [max(0, most - steps) for steps, _, most in self._running.values()]
        free += [0] * (self._jobs - len(free))
        heapq.heapify(free)
        for name in self._waiting - set(self._running):
            owed = max(0, self._most - self._done.get(f"{name}/s{seed}", 0))
            heapq.heapreplace(free, free[0] + owed)
        return max(free)

    def _owed_from(self, heat: int, candidates: int, steps: int) -> float:
        """Steps of a round's heats from the given one on, one after the other."""
        heats = self._training.heats(candidates)[heat:]
        return sum(math.ceil(count / self._jobs) * (end - begin) for count, begin, end in heats) * steps

    def _progress(self, event: Progress) -> None:
        now = time.monotonic()
        name, steps = event.candidate, event.point.sim_steps
        if self._heat is not None and name in self._heat.candidates:  # not an audit
            self._most = event.most_steps
        if name in self._running:
            before, when, _ = self._running[name]
            self._rates.append((steps - before) / max(1e-3, now - when))
        self._running[name] = steps, now, event.most_steps
