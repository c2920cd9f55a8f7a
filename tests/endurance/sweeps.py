"""Which instants a search is killed at: every kind of event that it writes, and random times."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime

from killing import Kill, Outcome, Victim

from text2reward.record.entry import KINDS

OF_STOPPED_RUNS = {
    "interrupted": "a run writes it when it is stopped in order; one that is killed writes nothing",
    "resumed": "only a session after the first writes it; sessions are killed at it as well",
}
"""Kinds of events that no search writes which nobody stopped, and why."""

OF_WORKERS = ("run-started", "drafted", "heat", "trained", "round-finished")
"""Kinds of events from which on workers are killed: from others on, the first one is the same as from one of these."""

ENDS_SESSIONS = ("main", "group")
"""Victims after which the run has to be resumed."""


def kinds(whole: Outcome) -> list[str]:
    """The kinds of events that a search wrote, in the order in which each came first."""
    return list(dict.fromkeys(entry.event.kind for entry in whole.run.entries))


def never_written(wholes: Iterable[Outcome]) -> set[str]:
    """The kinds of events that none of some searches wrote, without those of :data:`OF_STOPPED_RUNS`."""
    return set(KINDS) - {kind for whole in wholes for kind in kinds(whole)} - OF_STOPPED_RUNS.keys()


def in_turn(whole: Outcome, victim: Victim, before: bool = False) -> list[Kill]:
    """Kills of one run: at each kind of event in turn, each in a session of its own, and once where it is resumed.

    Args:
        whole: the search as it is when nobody kills it.
        victim: whom; one of :data:`ENDS_SESSIONS`.
        before: instead of writing the event.
    """
    first, second, *others = (Kill(victim, kind, before=before) for kind in kinds(whole))
    resumed = Kill(victim, "resumed", before=before)  # a run that was killed before its first event starts anew
    return [first, second, resumed, *others] if before else [first, resumed, second, *others]


def at_random(whole: Outcome, victim: Victim, seed: int, count: int = 3) -> list[Kill]:
    """Kills of one run at random times: together they come within what the search takes when nobody kills it."""
    drawn = random.Random(seed)
    first, last = (datetime.fromisoformat(whole.run.entries[i].time) for i in (0, -1))
    most = (last - first).total_seconds() / count
    return [Kill(victim, after_s=drawn.uniform(0, most)) for _ in range(count)]
