"""What the pages need of the rooms that this one does not know; whoever starts the server brings it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from text2reward.record.feedback import Feedback
from text2reward.record.finding import Finding
from text2reward.record.reader import Run


class Film(Protocol):
    """One filmed episode: an MP4, and a JSON file with success and terms per control step."""

    @property
    def video(self) -> Path:
        """The film."""

    @property
    def strip(self) -> Path:
        """``seed``, ``dt``, ``fps``, ``frames``, ``success`` and ``terms``."""


Ready = Mapping[str, Mapping[int, Film]]
"""Films that are on the disk, by candidate and seed."""


class Films(Protocol):
    """The films of one run."""

    def ready(self) -> Ready:
        """What is on the disk."""

    def make(self) -> Iterable[str]:
        """Film what is missing of all that can be filmed; returns notes on what could not be.

        Raises:
            RenderError: nothing can be drawn here.
        """


class Pair(Protocol):
    """Two candidates to show side by side, as they are to be shown."""

    @property
    def left(self) -> str:
        """A candidate."""

    @property
    def right(self) -> str:
        """Another."""

    @property
    def seed(self) -> int:
        """Of the episode."""

    @property
    def repeats(self) -> str:
        """Id of the vote that this pair repeats; empty for a first showing."""


@dataclass(frozen=True)
class Ports:
    """What the pages ask others for.

    Args:
        films: the films of a run.
        next_pair: which pair a rater sees next; None where there is none to show.
        check: everything wrong with a program's text, as the run's task has it; nothing is executed.
        waits: who said something that the run has not heard, and not yet that they are done.
        left: how many pairs a rater has not judged.
    """

    films: Callable[[Run], Films]
    next_pair: Callable[[Run, list[Feedback], str, Ready], Pair | None]
    check: Callable[[Run, str], list[Finding]]
    waits: Callable[[Run, list[Feedback]], set[str]]
    left: Callable[[Run, list[Feedback], str, Mapping[str, Mapping[int, Any]]], int]
