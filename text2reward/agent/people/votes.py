"""From what people said to comparisons: who was liked better than whom, and how much that counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from text2reward.record.feedback import BestWorst, Feedback, PairVote, standing
from text2reward.record.votes import Showing, answer, pair_votes, ranked, showing


@dataclass(frozen=True)
class Comparison:
    """One candidate was liked better than another.

    Args:
        better, worse: the candidates.
        weight: how much it counts; a tie is half a comparison each way.
    """

    better: str
    worse: str
    weight: float = 1.0


def comparisons(said: Sequence[Feedback], known: Collection[str]) -> list[Comparison]:
    """All comparisons between ``known`` candidates that stand, of all raters.

    A tie, and a pair of which neither is of use, is half a win each. What one rater said of one pair several times, as
    in a repeat, counts once in all. In a ranking the best beats all that were shown, and all of them beat the worst.
    """
    by_showing: dict[tuple[str, Showing], list[PairVote]] = defaultdict(list)
    for feedback, vote in pair_votes(said):
        if answer(vote) and vote.left != vote.right and {vote.left, vote.right} <= set(known):
            by_showing[feedback.rater, showing(vote)].append(vote)
    found = [each for votes in by_showing.values() for vote in votes for each in _of_pair(vote, 1 / len(votes))]
    for feedback in standing(list(said)):
        if isinstance(feedback.said, BestWorst):
            found += [Comparison(*pair) for pair in ranked(feedback.said) if set(pair) <= set(known)]
    return found


def _of_pair(vote: PairVote, weight: float) -> Iterator[Comparison]:
    preferred = answer(vote)
    for better, worse in ((vote.left, vote.right), (vote.right, vote.left)):
        if preferred == better:
            yield Comparison(better, worse, weight)
        elif preferred != worse:
            yield Comparison(better, worse, weight / 2)
