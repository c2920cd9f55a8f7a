"""The learning curves of one training: one row per rollout."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class CurvePoint:
    """What one rollout showed.

    Args:
        sim_steps: simulator steps at the rollout's end, since the training began.
        episodes: whole episodes that ended in the rollout.
        success: share of them that were solved; None when none ended.
        own_return: their mean return under the training's own reward; None when none ended.
        terms: mean of each reward term over the rollout.
        spread: standard deviation of each term over the rollout.
    """

    sim_steps: int
    episodes: int
    success: float | None
    own_return: float | None
    terms: Mapping[str, float] = field(default_factory=dict)
    spread: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The point as plain data."""
        return {
            "sim_steps": self.sim_steps,
            "episodes": self.episodes,
            "success": self.success,
            "own_return": self.own_return,
            "terms": dict(self.terms),
            "spread": dict(self.spread),
        }


def to_csv(points: Sequence[CurvePoint]) -> str:
    """The curves as CSV text; a term ``x`` has the columns ``term/x`` and ``spread/x``."""
    names = list(points[0].terms) if points else []
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    heads = [f"{kind}/{name}" for kind in ("term", "spread") for name in names]
    writer.writerow(["sim_steps", "episodes", "success", "own_return", *heads])
    for point in points:
        values = [group[name] for group in (point.terms, point.spread) for name in names]
        writer.writerow(
            [point.sim_steps, point.episodes, _text(point.success), _text(point.own_return), *map(_text, values)]
        )
    return out.getvalue()


def from_csv(text: str) -> list[CurvePoint]:
    """The curves that :func:`to_csv` wrote.

    Raises:
        ValueError: they are torn, or no curves.
    """
    if not text.endswith("\n"):
        raise ValueError("it is cut off")
    try:
        return [_point(row) for row in csv.DictReader(io.StringIO(text))]
    except (csv.Error, LookupError, TypeError, AttributeError, ValueError) as error:
        raise ValueError("it holds no learning curves") from error


def _point(row: Mapping[str, str]) -> CurvePoint:
    return CurvePoint(
        sim_steps=int(row["sim_steps"]),
        episodes=int(row["episodes"]),
        success=_number(row["success"]),
        own_return=_number(row["own_return"]),
        terms={key[5:]: float(value) for key, value in row.items() if key.startswith("term/")},
        spread={key[7:]: float(value) for key, value in row.items() if key.startswith("spread/")},
    )


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _number(text: str) -> float | None:
    return float(text) if text else None
