"""A curve in one line of text."""

from __future__ import annotations

import math
from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"


def sparkline(
    at: Sequence[float],
    values: Sequence[float | None],
    width: int,
    end: float,
    low: float | None = None,
    high: float | None = None,
) -> str:
    """The values over ``0`` to ``end`` in ``width`` characters: the mean in each, nothing after the last.

    Args:
        at: up to where each value counts, ascending.
        values: unknown ones are None and left out.
        width: of the line.
        end: where the line ends.
        low, high: what the lowest and the highest bar mean; the least and the largest value when None.
    """
    known = [(place, value) for place, value in zip(at, values, strict=True) if value is not None]
    if not known or end <= 0:
        return ""
    cells: list[list[float]] = [[] for _ in range(width)]
    for place, value in known:
        cells[max(0, min(width, math.ceil(place / end * width)) - 1)].append(value)
    last = max(i for i, cell in enumerate(cells) if cell)
    low = min(value for _, value in known) if low is None else low
    high = max(value for _, value in known) if high is None else high
    line, level = "", None
    for cell in cells[: last + 1]:
        level = sum(cell) / len(cell) if cell else level
        line += " " if level is None else _bar(level, low, high)
    return line


def _bar(value: float, low: float, high: float) -> str:
    share = (value - low) / (high - low) if high > low else 0.0
    return BARS[max(0, min(len(BARS) - 1, int(share * len(BARS))))]
