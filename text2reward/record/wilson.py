"""The interval of every share that is reported."""

from __future__ import annotations

import math

Z_95 = 1.959963984540054
"""Two-sided 95%."""


def wilson(k: int, n: int) -> tuple[float, float]:
    """The Wilson score interval at 95% of ``k`` in ``n``; from 0 to 1 when nothing was tried.

    Source: Wilson (1927); Brown, Cai and DasGupta (2001) on why not the normal approximation.
    """
    if n == 0:
        return 0.0, 1.0
    share, z2 = k / n, Z_95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)
