"""Trajectory feedback: the best, a typical and the worst rollout, at the moments that matter."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from text2reward.envs.field import StateLayout
from text2reward.sandbox.examples import fields_read
from text2reward.training.trajectories import Trajectories

MOMENTS = 6
MAX_ROWS = 12


def choose(success: np.ndarray, returns: np.ndarray) -> dict[str, int]:
    """Best, typical and worst of N episodes: solved earlier is better, then a higher return."""
    solved_at = np.where(success.any(axis=1), success.argmax(axis=1), success.shape[1])
    order = np.lexsort((-returns, solved_at))  # best first
    best, typical, worst = int(order[0]), int(order[len(order) // 2]), int(order[-1])
    chosen = {"best": best}
    if typical not in (best, worst):
        chosen["typical"] = typical
    if worst != best:
        chosen["worst"] = worst
    return chosen


def moments_that_matter(series: np.ndarray, also: int | None = None, most: int = MOMENTS) -> list[int]:
    """Steps between which the quantities ``(T, K)`` are nearly straight lines: start, end, and where they bend most."""
    scale = np.maximum(np.ptp(series, axis=0), 1e-9)
    scaled = (series - series.min(axis=0)) / scale
    last = len(series) - 1
    steps = sorted({0, last} | ({also} if also is not None else set()))
    every = np.arange(len(series))
    while len(steps) < min(most, len(series)):
        drawn = np.stack([np.interp(every, steps, scaled[steps, k]) for k in range(series.shape[1])], axis=1)
        apart = np.abs(scaled - drawn).max(axis=1)
        worst = int(np.argmax(apart))
        if apart[worst] < 0.05:
            break
        steps = sorted({*steps, worst})
    return steps


def tables(program: str, layout: StateLayout, own: Trajectories, terms: Mapping[str, np.ndarray]) -> list[str]:
    """One table in words and numbers for each chosen episode of ``own``, three significant digits each."""
    total = np.sum([*terms.values()], axis=0).sum(axis=1)
    read = [name for name in fields_read(program, layout) if _moves(layout, name)]
    out = []
    for label, row in choose(own.success, total).items():
        success = own.success[row]
        solved_at = int(success.argmax()) if success.any() else None
        values = np.stack([values[row] for values in terms.values()], axis=1)  # (T, K)
        state = own.state[row, 1:]
        columns = [layout.columns(name) for name in read]
        series = np.concatenate([values, *(state[:, part] for part in columns)], axis=1)
        steps = moments_that_matter(series, solved_at)
        lines = [("step", [str(step + 1) for step in steps])]
        lines += [(f"term {name}", [f"{values[step, k]:.3g}" for step in steps]) for k, name in enumerate(terms)]
        lines += [
            (f"state.{name}", [_numbers(state[step, part]) for step in steps])
            for name, part in zip(read, columns, strict=True)
        ]
        outcome = f"solved at step {solved_at + 1}" if solved_at is not None else "not solved"
        head = f"The {label} episode: {outcome}, return {total[row]:.3g}"
        out.append(f"{head}\n{_table(lines[:MAX_ROWS])}")
    return out


def _moves(layout: StateLayout, name: str) -> bool:
    return next(field.varies for field in layout.fields if field.name == name) == "step"


def _numbers(values: np.ndarray) -> str:
    return " ".join(f"{value:.3g}" for value in values)


def _table(lines: list[tuple[str, list[str]]]) -> str:
    width = max(len(head) for head, _ in lines)
    cells = [max(len(values[i]) for _, values in lines) for i in range(len(lines[0][1]))]
    return "\n".join(
        f"{head:<{width}} | " + "  ".join(f"{value:>{cell}}" for value, cell in zip(values, cells, strict=True))
        for head, values in lines
    )
