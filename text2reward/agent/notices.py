"""What the loop tells whoever is watching, beyond what goes into the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from text2reward.agent.config import RunConfig
from text2reward.envs.task import Task
from text2reward.record.curves import CurvePoint
from text2reward.record.events import Event
from text2reward.record.reader import Run
from text2reward.record.words import listed

if TYPE_CHECKING:
    from text2reward.agent.plan import Plan

FilmState = Literal["making", "made", "none"]
"""Films that people rate are being made, are there, or cannot be made here."""


@dataclass(frozen=True)
class Began:
    """A run begins or goes on.

    Args:
        run: as it stands.
        config: what is asked.
        task: the world.
        jobs: trainings at once.
        worked_s: seconds that the run has worked before, without waiting for people.
    """

    run: Run
    config: RunConfig
    task: Task
    jobs: int
    worked_s: float = 0.0


@dataclass(frozen=True)
class Planned:
    """What a run is going to do, before anything is spent on it."""

    plan: Plan


@dataclass(frozen=True)
class Doing:
    """What is happening now, in a few words; for one candidate, or for the run."""

    what: str
    candidate: str | None = None


@dataclass(frozen=True)
class Progress:
    """A new point on a candidate's learning curves, and the simulator steps at which its training ends at most.

    ``training`` is the training's id, for example ``r1c2/s0``.
    """

    candidate: str
    point: CurvePoint
    most_steps: int
    training: str = ""


@dataclass(frozen=True)
class Judged:
    """Held-out episodes done so far."""

    done: int
    total: int


@dataclass(frozen=True)
class Waiting:
    """The run waits for people at the end of a round.

    Args:
        folder: the run's.
        round: the round.
        raters: those who have said something and not yet that they are done.
        films: whether the films that people rate are there.
    """

    folder: Path
    round: int
    raters: tuple[str, ...] = ()
    films: FilmState = "made"

    @property
    def lines(self) -> tuple[str, ...]:
        """What is said about it: how to answer, and what the run waits for."""
        who = listed(self.raters) or "somebody"
        waits = f"until {who} {'say' if len(self.raters) > 1 else 'says'} done"
        rate = () if self.films == "none" else (f"  text2reward rate {self.folder}",)
        films = {
            "making": ("films are being made; serve and rate show them as they come",),
            "made": (),
            "none": ("nothing can be filmed here; people can still comment",),
        }
        return (
            f"round {self.round} is over; waiting for people, {waits}:",
            f"  text2reward serve {self.folder}",
            *rate,
            f'  text2reward feedback {self.folder} "what should change" --done',
            *films[self.films],
        )


Notice = Began | Planned | Doing | Progress | Judged | Waiting
Watcher = Callable[[Event | Notice], None]
"""Gets every event after it was recorded, and every notice. Must not raise, and must be quick."""


def both(first: Watcher, second: Watcher) -> Watcher:
    """A watcher that tells two."""

    def watch(event: Event | Notice) -> None:
        first(event)
        second(event)

    return watch
