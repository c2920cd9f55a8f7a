"""People in the loop: what they say of films, and what that makes of it."""

from __future__ import annotations

from text2reward.agent.people.bradley_terry import Strengths, fit
from text2reward.agent.people.pairs import Pair, information_gain, next_pair
from text2reward.agent.people.raters import Agreement, agreement, agreement_with_success, consistency
from text2reward.agent.people.votes import Comparison, comparisons

__all__ = [
    "Agreement",
    "Comparison",
    "Pair",
    "Strengths",
    "agreement",
    "agreement_with_success",
    "comparisons",
    "consistency",
    "fit",
    "information_gain",
    "next_pair",
]
