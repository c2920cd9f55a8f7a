"""How far a rater has come, and how far all have."""

from __future__ import annotations

from typing import Any

from text2reward.record.feedback import BestWorst, Feedback, PairVote, standing
from text2reward.record.votes import repeated_alike
from text2reward.web.serve.ports import Ready


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


def unjudged(said: list[Feedback], ready: Ready) -> int:
    """How many of the policies with films nobody has judged yet."""
    votes = [each for each in standing(said) if not _skipped(each)]
    judged = {name for each in votes if isinstance(each.said, PairVote) for name in (each.said.left, each.said.right)}
    ranked = {name for each in votes if isinstance(each.said, BestWorst) for name in each.said.shown}
    return len({name for name, films in ready.items() if films} - judged - ranked)


def _skipped(each: Feedback) -> bool:
    return isinstance(each.said, PairVote) and each.said.choice == "skip"
