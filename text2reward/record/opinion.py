"""What a model that sees makes of two films. It is no vote: it counts nowhere among what people said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from text2reward.record.feedback import Feedback
from text2reward.record.votes import Showing, first_answers

ABOUT = "opinion."
"""With this begins what an exchange with such a model is about."""

SAME, NEITHER = "same", "neither"
MOVED = "position-dependent"
"""In place of a preference: the answer changed with the order in which the films were shown."""
UNREAD = "not understood"
"""In place of a preference: an answer could not be read, even when it was asked for again."""

ANSWERS = ("first", "second", SAME, NEITHER)


@dataclass(frozen=True)
class Opinion:
    """Two films of the same episode, shown to a model twice, in both orders.

    Args:
        one, other: the candidates.
        seed: of the episode.
        answers: one of :data:`ANSWERS` each, empty where it could not be read: with ``one`` shown first, and with
            ``other`` shown first.
        reasons: the model's words with each answer.
        exchanges: keys of the last exchange about each.
    """

    one: str
    other: str
    seed: int
    answers: tuple[str, str]
    reasons: tuple[str, str] = ("", "")
    exchanges: tuple[str, str] = ("", "")

    @property
    def showing(self) -> Showing:
        """Which pair it is about."""
        first, second = sorted((self.one, self.other))
        return first, second, self.seed

    @property
    def meant(self) -> tuple[str, str]:
        """The answers with the candidates in place of ``first`` and ``second``."""
        forth, back = self.answers
        return (
            {"first": self.one, "second": self.other}.get(forth, forth),
            {"first": self.other, "second": self.one}.get(back, back),
        )

    @property
    def verdict(self) -> str:
        """The preferred candidate where both answers agree, or ``same`` or ``neither``; else why there is none."""
        forth, back = self.meant
        if not (forth and back):
            return UNREAD
        return forth if forth == back else MOVED

    @property
    def preferred(self) -> str:
        """The preferred candidate; empty where there is none."""
        return self.verdict if self.verdict in (self.one, self.other) else ""

    @property
    def beaten(self) -> str:
        """The one that is not preferred; empty where none is."""
        return {self.one: self.other, self.other: self.one}.get(self.preferred, "")

    @property
    def reason(self) -> str:
        """The words with the first answer that has any."""
        return next(filter(None, self.reasons), "")


def moved(opinions: Sequence[Opinion]) -> tuple[int, int]:
    """How many of those that could be read changed with the order, and how many could be read."""
    read = [each for each in opinions if each.verdict != UNREAD]
    return sum(each.verdict == MOVED for each in read), len(read)


def agreed(opinions: Sequence[Opinion], said: Sequence[Feedback]) -> tuple[int, int]:
    """On how many pairs that people judged, too, a model's opinion is theirs, and how many those are.

    People's answer to a pair is what most of them answered first; where as many say one thing as another they have
    none. Position-dependent opinions and those not understood are none, either.
    """
    theirs = _answers(said)
    both = [(each.verdict, theirs[each.showing]) for each in opinions if each.showing in theirs]
    both = [pair for pair in both if pair[0] not in (MOVED, UNREAD)]
    return sum(one == other for one, other in both), len(both)


def judged(said: Sequence[Feedback]) -> set[Showing]:
    """The pairs to which people have an answer."""
    return set(_answers(said))


def latest(opinions: Iterable[Opinion]) -> list[Opinion]:
    """One opinion for each pair: the last."""
    return list({each.showing: each for each in opinions}.values())


def _answers(said: Sequence[Feedback]) -> dict[Showing, str]:
    counted = {pair: Counter(answers.values()).most_common(2) for pair, answers in first_answers(said).items()}
    return {pair: most[0][0] for pair, most in counted.items() if len(most) == 1 or most[0][1] > most[1][1]}
