"""The few statistics that every reported number needs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from text2reward.record.events import Success

Z_95 = 1.959963984540054
"""Two-sided 95%."""


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
        if self.n == 0:
            return 0.0, 1.0
        share, z2 = self.value, Z_95**2
        middle = (share + z2 / (2 * self.n)) / (1 + z2 / self.n)
        half = Z_95 / (1 + z2 / self.n) * math.sqrt(share * (1 - share) / self.n + z2 / (4 * self.n**2))
        return max(0.0, middle - half), min(1.0, middle + half)

    def success(self, k_at_end: int) -> Success:
        """As the record keeps it, with how many succeeded at the last step."""
        return Success(self.k, self.n, round(self.low, 4), round(self.high, 4), k_at_end)

    def __str__(self) -> str:
        return f"{self.value:.0%} [{self.low:.0%}–{self.high:.0%}]"


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
