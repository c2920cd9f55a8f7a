"""Process feedback: what a training showed, summarised to about ten moments."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

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


def remarks(rows: Sequence[CurvePoint]) -> Iterator[str]:
    """What the numbers say about single terms, in words."""
    first, last = rows[0], rows[-1]
    total = sum(abs(value) for value in last.terms.values())
    for name, value in last.terms.items():
        spread = max(row.spread[name] for row in rows)
        values = [row.terms[name] for row in rows]
        if spread < 1e-6:
            yield f"term {name} never changed (always {value:.3g}); it teaches nothing as it is"
        elif max(values) - min(values) < 0.05 * spread:
            yield f"term {name} stayed at about {value:.3g} all the time; the policy did not learn to change it"
        if len(last.terms) > 1 and total > 0 and abs(value) > 0.9 * total and abs(value) > 1e-3:
            yield f"at the end term {name} made up {abs(value) / total:.0%} of the reward; the others hardly counted"
    if first.own_return is not None and last.own_return is not None and last.success is not None:
        rose = last.own_return > first.own_return + 0.1 * abs(first.own_return)
        if rose and last.success < 0.1:
            yield "the policy earned more and more without solving the task: this reward pays for something else"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _three(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
