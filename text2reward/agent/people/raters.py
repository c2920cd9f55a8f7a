"""How far answers can be relied on: a rater with themselves, raters with one another, people with the simulator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from text2reward.record.feedback import Feedback
from text2reward.record.reader import Run
from text2reward.record.votes import Showing, first_answers, repeated_alike
from text2reward.training.statistics import Rate

LEAST_SHARED = 10
"""Pairs that several raters judged, below which a coefficient corrected for chance says nothing."""


@dataclass(frozen=True)
class Agreement:
    """How far raters agree.

    Args:
        equal: pairs that several raters judged, and on how many of them all gave the same answer.
        alpha: Krippendorff's, for names without an order; None with fewer than :data:`LEAST_SHARED` pairs, or where
            all answers are the same.
    """

    equal: Rate
    alpha: float | None


def consistency(said: Sequence[Feedback], rater: str) -> Rate:
    """How many of a rater's repeated pairs got the same answer again."""
    alike = repeated_alike(said, rater)
    return Rate(sum(alike), len(alike))


def agreement(said: Sequence[Feedback]) -> Agreement:
    """Among all raters, on pairs that at least two of them judged; of a rater's answers to a pair the first counts."""
    shared = [list(answers.values()) for answers in _answers(said).values() if len(answers) > 1]
    equal = Rate(sum(len(set(answers)) == 1 for answers in shared), len(shared))
    return Agreement(equal, krippendorff(shared) if len(shared) >= LEAST_SHARED else None)


def agreement_with_success(said: Sequence[Feedback], run: Run) -> Rate:
    """How often the preferred one of a pair succeeds more often on the select episodes, where one of both does."""
    agreed = judged = 0
    for found in _answers(said).values():
        for preferred, other in found.values():
            pair = [run.candidates[name].success for name in (preferred, other) if name in run.candidates]
            if len(pair) == 2 and pair[0] and pair[1] and pair[0].value != pair[1].value:
                judged += 1
                agreed += pair[0].value > pair[1].value
    return Rate(agreed, judged)


def krippendorff(units: Sequence[Sequence[object]]) -> float | None:
    """Krippendorff's alpha for names; each unit holds the answers of at least two raters.

    Source: Krippendorff (2011), Computing Krippendorff's alpha-reliability. None where all answers are the same.
    """
    totals = Counter(answer for unit in units for answer in unit)
    count = sum(totals.values())
    expected = sum(n * (count - n) for n in totals.values()) / (count - 1) if count > 1 else 0.0
    observed = sum(n * (len(unit) - n) / (len(unit) - 1) for unit in units for n in Counter(unit).values())
    return 1 - observed / expected if expected else None


def _answers(said: Sequence[Feedback]) -> dict[Showing, dict[str, tuple[str, str]]]:
    """For every pair, what each rater first answered: the preferred one and the other; ties as the word, twice."""

    def both(pair: Showing, preferred: str) -> tuple[str, str]:
        one, other, _ = pair
        return preferred, {one: other, other: one}.get(preferred, preferred)

    first = first_answers(said)
    return {pair: {rater: both(pair, word) for rater, word in answers.items()} for pair, answers in first.items()}
