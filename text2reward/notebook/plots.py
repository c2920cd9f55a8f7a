"""Learning curves as pictures, by Matplotlib, which is loaded when one is asked for."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from text2reward.errors import UserError
from text2reward.extras import install

if TYPE_CHECKING:
    from text2reward.notebook.candidate import Candidate
    from text2reward.notebook.run import Run


class Plot:
    """A picture that a notebook shows.

    Args:
        figure: the ``matplotlib.figure.Figure``, to change it.
    """

    def __init__(self, figure: Any) -> None:
        self.figure = figure

    def save(self, path: str | Path) -> None:
        """Write it; the kind of file follows from its ending."""
        self.figure.savefig(path)

    def __repr__(self) -> str:
        titles = ", ".join(axes.get_title() for axes in self.figure.axes)
        return f'<Plot of {titles}: a notebook shows it, .save("curves.svg") writes it, .figure changes it>'

    def _repr_png_(self) -> bytes:
        out = io.BytesIO()
        self.figure.savefig(out, format="png", dpi=110)
        return out.getvalue()


def plot_candidate(candidate: Candidate) -> Plot:
    """Success, own return and terms over the simulator steps of the candidate's training."""
    points = candidate.curves
    if not points:
        raise UserError(f"{candidate.id} has no learning curves ({candidate.failure}).", "It was not trained.")
    figure, (success, own, terms) = _panels(["success while exploring", "own return", "terms, mean a step"])
    _line(success, [(p.sim_steps, p.success) for p in points], candidate.id)
    success.set_ylim(-0.03, 1.03)
    _line(own, [(p.sim_steps, p.own_return) for p in points], candidate.id)
    for name in points[-1].terms:
        _line(terms, [(p.sim_steps, p.terms.get(name)) for p in points], name)
    terms.legend(fontsize=8)
    return Plot(figure)


def plot_run(run: Run) -> Plot:
    """Success over simulator steps, one line per trained candidate."""
    trained = [candidate for candidate in run.candidates.values() if candidate.curves]
    if not trained:
        raise UserError(f"Nothing was trained in {run.folder.name}.", "There is nothing to plot.")
    figure, (axes,) = _panels(["success while exploring"])
    for candidate in trained:
        _line(axes, [(p.sim_steps, p.success) for p in candidate.curves], candidate.id)
    axes.axhline(run.target, color="#999", linestyle="--", linewidth=1)
    axes.set_ylim(-0.03, 1.03)
    axes.legend(fontsize=8)
    return Plot(figure)


def _panels(titles: Sequence[str]) -> tuple[Any, list[Any]]:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UserError("Matplotlib is not installed.", f"Install it: {install('plots')}") from None
    figure = Figure(figsize=(4.5 * len(titles), 3.2), layout="constrained")
    panels = []
    for i, title in enumerate(titles):
        axes = figure.add_subplot(1, len(titles), i + 1)
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("simulator steps", fontsize=9)
        axes.tick_params(labelsize=8)
        axes.grid(alpha=0.3)
        panels.append(axes)
    return figure, panels


def _line(axes: Any, points: Sequence[tuple[int, float | None]], name: str) -> None:
    known = [(steps, value) for steps, value in points if value is not None]
    label = name.replace("$", r"\$")  # else it is read as mathematics
    axes.plot([steps for steps, _ in known], [value for _, value in known], label=label, linewidth=1.5)
