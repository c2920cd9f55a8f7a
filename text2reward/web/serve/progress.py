"""How far a rater has come, and how far all have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from text2reward.record.feedback import BestWorst, Feedback, PairVote, standing


def progress(said: list[Feedback], rater: str) -> dict[str, Any]:
    """Answers of the rater and of all, skipped ones left out; and of how many repeated pairs were judged alike."""
    votes = [each for each in standing(said) if isinstance(each.said, PairVote | BestWorst) and not _skipped(each)]
    mine = [each for each in votes if each.rater == rater]
    alike = list(_alike(votes, rater))
    return {
        "mine": len(mine),
        "all": len(votes),
        "raters": len({each.rater for each in votes}),
        "repeated": len(alike),
        "alike": sum(alike),
    }


def _skipped(each: Feedback) -> bool:
    return isinstance(each.said, PairVote) and each.said.choice == "skip"


def _alike(votes: list[Feedback], rater: str) -> Iterator[bool]:
    known = {each.id: each.said for each in votes if each.rater == rater and isinstance(each.said, PairVote)}
    for vote in known.values():
        first = known.get(vote.repeats)
        if first is not None:
            yield _liked(first) == _liked(vote)


def _liked(vote: PairVote) -> str:
    """The candidate that was chosen, or what was said of both."""
    return {"left": f"candidate {vote.left}", "right": f"candidate {vote.right}"}.get(vote.choice, vote.choice)
