"""Reading votes on pairs: who was preferred, whichever side each was on, and whether a rater says the same twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from text2reward.record.feedback import BestWorst, Feedback, PairVote, standing

Showing = tuple[str, str, int]
"""Two candidates in the order of their names, and the episode's seed: a pair, whichever side each was on."""


def showing(vote: PairVote) -> Showing:
    """Which pair the vote is about."""
    first, second = sorted((vote.left, vote.right))
    return first, second, vote.seed


def answer(vote: PairVote) -> str:
    """The preferred candidate, whichever side it was on; ``same`` or ``neither`` for a tie; empty for no answer."""
    if vote.choice == "skip":
        return ""
    return {"left": vote.left, "right": vote.right}.get(vote.choice, vote.choice)


def pair_votes(said: Sequence[Feedback], rater: str | None = None) -> list[tuple[Feedback, PairVote]]:
    """The votes on pairs that stand, in order, skipped ones too; of one rater, or of all."""
    stand = standing(list(said))
    return [(e, e.said) for e in stand if isinstance(e.said, PairVote) and rater in (None, e.rater)]


def first_answers(said: Sequence[Feedback]) -> dict[Showing, dict[str, str]]:
    """For every pair that was judged, what each rater answered the first time; see :func:`answer`."""
    first: dict[Showing, dict[str, str]] = defaultdict(dict)
    for feedback, vote in pair_votes(said):
        if answer(vote):
            first[showing(vote)].setdefault(feedback.rater, answer(vote))
    return first


def ranked(said: BestWorst) -> list[tuple[str, str]]:
    """The better and the worse of every pair that a ranking orders: the best beats all, and all beat the worst."""
    pairs = {(said.best, each) for each in said.shown} | {(each, said.worst) for each in said.shown}
    return sorted((better, worse) for better, worse in pairs if better != worse)


def repeated_alike(said: Sequence[Feedback], rater: str) -> list[bool]:
    """For each pair that a rater judged again, whether the answer was the same."""
    own = pair_votes(said, rater)
    first = {feedback.id: answer(vote) for feedback, vote in own}
    return [first[vote.repeats] == answer(vote) for _, vote in own if first.get(vote.repeats) and answer(vote)]
