"""The interval of every share that is reported."""

from __future__ import annotations

import math

Z_95 = 1.959963984540054
"""Two-sided 95%."""


def wilson(share: float, n: float) -> tuple[float, float]:
    """The 95% Wilson score interval of a share of ``n`` trials, some of which may count for a part.

    Source: Wilson (1927); Brown, Cai and DasGupta (2001) on why not the normal approximation.
    """
    if n <= 0:
        return 0.0, 1.0
    z2 = Z_95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)
