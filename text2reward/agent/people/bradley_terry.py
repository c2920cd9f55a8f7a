"""How much better liked one candidate is than another, and how sure that is.

Bradley and Terry (1952), Rank analysis of incomplete block designs, Biometrika 39: P(a is preferred to b) is
``1 / (1 + exp(s_b - s_a))``. Ties are half a win each, which needs no further parameter; Davidson (1970) models them
with one, which a handful of votes cannot determine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from text2reward.agent.people.votes import Comparison
from text2reward.training.statistics import Z_95

PRIOR_SD = 2.0
"""Of the normal prior of every strength, which keeps them finite: after a single vote, P(preferred) is about 0.72."""

_STEPS = 100
_CLOSE = 1e-10


@dataclass(frozen=True)
class Strengths:
    """Strengths on the scale of log odds; their mean is 0.

    Args:
        names: the candidates.
        mean: ``(N,)``, the most probable strengths.
        covariance: ``(N, N)``, by Laplace's approximation: the inverse of the Hessian of the negative log posterior.
    """

    names: tuple[str, ...]
    mean: np.ndarray
    covariance: np.ndarray

    def of(self, name: str) -> tuple[float, float, float]:
        """A candidate's strength and its 95% interval, relative to the mean of all."""
        at, count = self.names.index(name), len(self.names)
        share = np.full(count, -1 / count)
        share[at] += 1
        half = Z_95 * math.sqrt(max(0.0, float(share @ self.covariance @ share)))
        value = float(self.mean[at] - self.mean.mean())
        return value, value - half, value + half

    def difference(self, one: str, other: str) -> tuple[float, float]:
        """``one``'s strength - ``other``'s, and its standard deviation."""
        a, b = self.names.index(one), self.names.index(other)
        c = self.covariance
        return float(self.mean[a] - self.mean[b]), math.sqrt(max(0.0, float(c[a, a] + c[b, b] - 2 * c[a, b])))

    def preferred(self, one: str, other: str) -> float:
        """The probability that ``one`` is preferred to ``other`` the next time they are shown.

        The logistic function averaged over the strengths' uncertainty, by MacKay (1992), The evidence framework applied
        to classification networks, Neural Computation 4.
        """
        apart, sd = self.difference(one, other)
        return 1 / (1 + math.exp(-apart / math.sqrt(1 + math.pi * sd**2 / 8)))

    def surely(self, one: str, other: str) -> float:
        """The probability that ``one`` is the stronger of both."""
        apart, sd = self.difference(one, other)
        return 0.5 * (1 + math.erf(apart / (sd * math.sqrt(2)))) if sd else 0.5


def fit(names: Sequence[str], votes: Sequence[Comparison], prior_sd: float = PRIOR_SD) -> Strengths:
    """The strengths that explain the votes best, by Newton's method with halved steps.

    Args:
        names: the candidates; those without a vote have the prior's strength, 0.
        votes: between candidates among ``names``.
        prior_sd: of the normal prior of every strength.
    """
    at = {name: index for index, name in enumerate(names)}
    signs = np.zeros((len(votes), len(names)))  # +1 for the better, -1 for the worse
    for row, vote in enumerate(votes):
        signs[row, at[vote.better]], signs[row, at[vote.worse]] = 1.0, -1.0
    weights = np.array([vote.weight for vote in votes])
    prior = np.eye(len(names)) / prior_sd**2

    def loss(strength: np.ndarray) -> float:
        return float(weights @ np.logaddexp(0, -signs @ strength) + strength @ prior @ strength / 2)

    def slope_and_hessian(strength: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        lost = 1 / (1 + np.exp(signs @ strength))
        bend = weights * lost * (1 - lost)
        return prior @ strength - signs.T @ (weights * lost), prior + signs.T @ (bend[:, None] * signs)

    mean = np.zeros(len(names))
    for _ in range(_STEPS):
        slope, hessian = slope_and_hessian(mean)
        step = np.linalg.solve(hessian, slope)
        while loss(mean - step) > loss(mean) + _CLOSE:
            step = step / 2
        mean = mean - step
        if np.abs(step).max(initial=0.0) < _CLOSE:
            break
    return Strengths(tuple(names), mean, np.linalg.inv(slope_and_hessian(mean)[1]))
