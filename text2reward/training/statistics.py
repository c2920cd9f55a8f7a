"""The few statistics that every reported number needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from text2reward.record.events import Share, Success
from text2reward.record.wilson import Z_95 as Z_95
from text2reward.record.wilson import wilson


@dataclass(frozen=True)
class Rate:
    """``k`` successes in ``n`` trials, with the Wilson score interval at 95%.

    Source: Wilson (1927); Brown, Cai and DasGupta (2001) on why not the normal approximation.
    """

    k: int
    n: int

    @property
    def value(self) -> float:
        """The share of successes; 0 when nothing was tried."""
        return self.k / self.n if self.n else 0.0

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self._interval()[0]

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self._interval()[1]

    def _interval(self) -> tuple[float, float]:
        return wilson(self.value, self.n)

    def share(self) -> Share | None:
        """As the record keeps it; None where nothing was tried."""
        return Share.of(self.k, self.n)

    def success(self, k_at_end: int) -> Success:
        """As the record keeps it, with how many succeeded at the last step."""
        return Success(self.k, self.n, round(self.low, 4), round(self.high, 4), k_at_end)

    def __str__(self) -> str:
        return f"{self.value:.0%} [{self.low:.0%}–{self.high:.0%}]"


@dataclass(frozen=True)
class Difference:
    """How much larger one success rate is than another, with its 95% interval.

    Args:
        value: the difference of the two shares, from -1 to 1.
        low, high: ends of the interval.
        pairs: episodes that both were judged on where the interval makes use of that; 0 where it does not.
    """

    value: float
    low: float
    high: float
    pairs: int = 0


def difference(one: Rate, other: Rate) -> Difference:
    """``one`` - ``other`` of independent trials.

    Source: Newcombe (1998), Interval estimation for the difference between independent proportions, Statistics in
    Medicine 17, 873-890, method 10: from the two Wilson intervals.
    """
    return _difference(one, other, 0.0)


def paired_difference(one: Sequence[bool], other: Sequence[bool]) -> Difference:
    """``one`` - ``other`` of two rows of outcomes, where those at the same place belong to the same episode.

    Source: Newcombe (1998), Improved confidence intervals for the difference between binomial proportions based on
    paired data, Statistics in Medicine 17, 2635-2650, method 10: as :func:`difference`, with the correlation of both.

    Raises:
        ValueError: the rows are not of one length.
    """
    pairs = list(zip(one, other, strict=True))
    both, neither = sum(a and b for a, b in pairs), sum(not a and not b for a, b in pairs)
    first, second = (Rate(sum(outcomes), len(pairs)) for outcomes in (one, other))
    product = first.k * (first.n - first.k) * second.k * (second.n - second.k)
    excess = float(both * neither - (first.k - both) * (second.k - both))
    if excess > 0:  # a correction for continuity
        excess = max(excess - len(pairs) / 2, 0.0)
    found = _difference(first, second, excess / math.sqrt(product) if product else 0.0)
    return replace(found, pairs=len(pairs))


def _difference(one: Rate, other: Rate, correlation: float) -> Difference:
    value = one.value - other.value
    below = _apart(one.value - one.low, other.high - other.value, correlation)
    above = _apart(one.high - one.value, other.value - other.low, correlation)
    return Difference(value, max(-1.0, value - below), min(1.0, value + above))


def _apart(one: float, other: float, correlation: float) -> float:
    return math.sqrt(max(0.0, one**2 - 2 * correlation * one * other + other**2))


def can_still_pass(k: int, tried: int, most: int, target: float) -> bool:
    """Whether ``k`` of ``tried`` can become a proof of ``target`` within ``most`` trials if all others succeed."""
    return Rate(k + most - tried, most).low > target


def trials_to_prove(target: float, failures: int = 0) -> int:
    """Fewest trials whose Wilson interval lies above ``target`` when all but ``failures`` succeed.

    Raises:
        ValueError: ``target`` is not below 1; no number of trials proves that.
    """
    if not 0 <= target < 1:
        raise ValueError(f"no number of trials proves a success rate above {target}")
    n = failures + 1
    while Rate(n - failures, n).low <= target:
        n += 1
    return n
