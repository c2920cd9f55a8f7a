"""How far a rater has come, and how far all have."""

from __future__ import annotations

from typing import Any

from text2reward.record.feedback import BestWorst, Feedback, PairVote, standing
from text2reward.record.votes import repeated_alike


def progress(said: list[Feedback], rater: str) -> dict[str, Any]:
    """Answers of the rater and of all, skipped ones left out; and of how many repeated pairs were judged alike."""
    votes = [each for each in standing(said) if isinstance(each.said, PairVote | BestWorst) and not _skipped(each)]
    mine = [each for each in votes if each.rater == rater]
    alike = repeated_alike(said, rater)
    return {
        "mine": len(mine),
        "all": len(votes),
        "raters": len({each.rater for each in votes}),
        "repeated": len(alike),
        "alike": sum(alike),
    }


def _skipped(each: Feedback) -> bool:
    return isinstance(each.said, PairVote) and each.said.choice == "skip"
