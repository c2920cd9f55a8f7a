"""Process feedback: what a training showed, summarised to about ten moments."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from text2reward.record.curves import CurvePoint

MOMENTS = 10


def moments(curve: Sequence[CurvePoint], count: int = MOMENTS) -> list[CurvePoint]:
    """At most ``count`` points, each the mean over an equal stretch of the curve; the last one ends at the end."""
    if not curve:
        return []
    count = min(count, len(curve))
    bounds = [round(i * len(curve) / count) for i in range(count + 1)]
    return [_mean(curve[start:end]) for start, end in itertools.pairwise(bounds)]


def _mean(points: Sequence[CurvePoint]) -> CurvePoint:
    names = points[0].terms
    return CurvePoint(
        sim_steps=points[-1].sim_steps,
        episodes=sum(point.episodes for point in points),
        success=_average([point.success for point in points]),
        own_return=_average([point.own_return for point in points]),
        terms={name: sum(point.terms[name] for point in points) / len(points) for name in names},
        spread={name: sum(point.spread[name] for point in points) / len(points) for name in names},
    )


def _average(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def table(rows: Sequence[CurvePoint]) -> str:
    """The moments as a table that a model reads well: one row per quantity, one column per moment."""
    lines = [("simulator steps", [f"{row.sim_steps // 1000}k" for row in rows])]
    lines.append(("success", [_share(row.success) for row in rows]))
    lines.append(("own return per episode", [_three(row.own_return) for row in rows]))
    lines += [(f"term {name}", [_three(row.terms[name]) for row in rows]) for name in rows[0].terms]
    width = max(len(head) for head, _ in lines)
    cell = max(len(value) for _, values in lines for value in values)
    return "\n".join(f"{head:<{width}} | {'  '.join(f'{value:>{cell}}' for value in values)}" for head, values in lines)


def series(rows: Sequence[CurvePoint]) -> str:
    """Every quantity as Eureka's reflection has it: its values at the moments, then its largest, mean and smallest."""
    quantities = [
        ("success", [row.success for row in rows]),
        ("own return per episode", [row.own_return for row in rows]),
    ]
    quantities += [(f"term {name}", [row.terms[name] for row in rows]) for name in rows[0].terms]
    lines = []
    for head, values in quantities:
        known = [value for value in values if value is not None]
        if known:
            listed = ", ".join(_three(value) for value in values)
            mean = sum(known) / len(known)
            lines.append(f"{head}: [{listed}], largest {max(known):.3g}, mean {mean:.3g}, smallest {min(known):.3g}")
    return "\n".join(lines)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _three(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
