"""What a person is asked about films: which of two is better, or which of up to six is best and which is worst."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Protocol

from text2reward.agent.people import next_pair
from text2reward.record.feedback import BestWorst, Choice, Feedback, PairVote
from text2reward.record.film import Ready
from text2reward.record.reader import Run

_CHOICES: dict[str, Choice] = {"1": "left", "2": "right", "=": "same", "x": "neither", "skip": "skip"}


@dataclass(frozen=True)
class Shown:
    """Films before a person.

    Args:
        candidates: in the order they are shown, unnamed.
        seed: of the episode.
        repeats: see :class:`~text2reward.record.feedback.PairVote`.
    """

    candidates: tuple[str, ...]
    seed: int
    repeats: str = ""


class Question(Protocol):
    """One way to ask."""

    kind: type[PairVote | BestWorst]
    help: str
    prompt: str
    over: str
    """Said where nothing is left to ask."""
    few: str
    """Said where there is too little to compare."""
    least: int
    """Policies that it takes."""

    def next(self, run: Run, said: list[Feedback], rater: str, ready: Ready) -> Shown | None:
        """What to show; None where nothing is left."""

    def answer(self, line: str, shown: Shown, seconds: float) -> PairVote | BestWorst | None:
        """What a line says of the films; None where it says nothing of them."""

    def skip(self, shown: Shown) -> None:
        """The person skipped these films without an answer that is kept."""

    def again(self, said: PairVote | BestWorst) -> Shown | None:
        """What to show once an answer was taken back; None where :meth:`next` finds it."""


class Pairs:
    """Which of two is better."""

    kind: type[PairVote | BestWorst] = PairVote
    help = "1 or 2: that one is better. = both alike. x neither is of use. Also: skip, undo, done, quit."
    prompt = "Which is better? "
    over = "You have judged every pair."
    few = "There are no two policies to compare."
    least = 2

    def next(self, run: Run, said: list[Feedback], rater: str, ready: Ready) -> Shown | None:
        """See :class:`Question`."""
        pair = next_pair(run, said, rater, ready)
        return Shown((pair.left, pair.right), pair.seed, pair.repeats) if pair is not None else None

    def answer(self, line: str, shown: Shown, seconds: float) -> PairVote | None:
        """See :class:`Question`."""
        word, _, words = line.partition(" ")
        if word not in _CHOICES:
            return None
        left, right = shown.candidates
        return PairVote(left, right, shown.seed, _CHOICES[word], words.strip(), (), shown.repeats, seconds)

    def skip(self, shown: Shown) -> None:
        """Never called: a skipped pair is an answer, so that it comes again after all others."""

    def again(self, said: PairVote | BestWorst) -> None:
        """See :class:`Question`."""


class BestAndWorst:
    """Which of up to six is best and which is worst."""

    kind: type[PairVote | BestWorst] = BestWorst
    help = "Two numbers: the best, then the worst, for example 3 1. Also: skip, undo, done, quit."
    prompt = "Best and worst? "
    over = "There is nothing to show."
    few = "There are no three policies to compare."
    least = 3

    def __init__(self) -> None:
        self._chance = random.Random()
        self._skipped: set[int] = set()

    def next(self, run: Run, said: list[Feedback], rater: str, ready: Ready) -> Shown | None:
        """See :class:`Question`."""
        from text2reward.web.serve.grid import next_grid

        for skipped in (self._skipped, set[int]()):
            left = {name: {s: f for s, f in films.items() if s not in skipped} for name, films in ready.items()}
            if (grid := next_grid(said, left, self._chance)) is not None:
                return Shown(*grid)
            self._skipped.clear()
        return None

    def answer(self, line: str, shown: Shown, seconds: float) -> BestWorst | None:
        """See :class:`Question`."""
        words = line.split(maxsplit=2)
        numbers = [str(number) for number in range(1, len(shown.candidates) + 1)]
        if len(words) < 2 or words[0] == words[1] or not {words[0], words[1]} <= set(numbers):
            return None
        best, worst = (shown.candidates[int(word) - 1] for word in words[:2])
        return BestWorst(shown.candidates, shown.seed, best, worst, words[2] if len(words) > 2 else "")

    def skip(self, shown: Shown) -> None:
        """Other episodes come first."""
        self._skipped.add(shown.seed)

    def again(self, said: PairVote | BestWorst) -> Shown | None:
        """See :class:`Question`."""
        return Shown(said.shown, said.seed) if isinstance(said, BestWorst) else None
