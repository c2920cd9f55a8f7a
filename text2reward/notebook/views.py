"""What a notebook shows of a run and of a candidate. Everything that a model or a person wrote is escaped."""

from __future__ import annotations

from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from text2reward.notebook.candidate import Candidate
from text2reward.notebook.run import Run
from text2reward.record.verdict import verdict

_FRAME = Markup('<div style="font-family: sans-serif; line-height: 1.4; max-width: 70em">{}</div>')
_CELL = "text-align: left; vertical-align: top; padding: 2px 14px 2px 0"
_NUMBER = f"{_CELL}; white-space: nowrap"
_MUTED = "color: #777"
_COLOURS = {"good": "#1a7f37", "bad": "#b35900", "open": "#777"}


def run_html(run: Run) -> str:
    """The run's sentence, its verdict and a table of its candidates."""
    said = verdict(run)
    head = Markup(
        '<div style="font-size: 120%; font-weight: 600">{}</div><div style="{}">{} · {} · {}</div>'
        '<div style="color: {}; margin: 6px 0">{}</div>'
    ).format(
        run.started.instruction,
        _MUTED,
        run.started.task,
        run.started.model,
        run.folder.name,
        _COLOURS[said.mood],
        said.text,
    )
    best = run.best
    rows = Markup("").join(_row(each, best is not None and each.id == best.id) for each in run.candidates.values())
    heads = ("candidate", "success", "95% interval", "simulator steps", "parent", "what its author says")
    return str(_FRAME.format(head + _table(heads, rows)))


def candidate_html(candidate: Candidate) -> str:
    """The candidate's outcome, findings, terms and program."""
    parent = f", from {candidate.draft.parent}" if candidate.draft.parent else ""
    head = Markup(
        '<div style="font-size: 120%; font-weight: 600">{}: {}</div><div style="{}">by {}{}</div><div>{}</div>'
    ).format(candidate.id, candidate.outcome, _MUTED, candidate.draft.author, parent, candidate.draft.note)
    findings = Markup("").join(Markup("<li>{}</li>").format(str(finding)) for finding in candidate.findings)
    listed = Markup("<ul>{}</ul>").format(findings) if findings else Markup("")
    terms = Markup(candidate.terms._repr_html_()) if len(candidate.terms) else Markup("")
    return str(_FRAME.format(head + listed + terms + program_html(candidate.program)))


def program_html(program: str | None) -> Markup:
    """A program with its colours, on a light ground of its own whatever the notebook's is."""
    if program is None:
        return Markup("")
    ground = "background: #f7f7f7; color: #222; padding: 0 8px; margin-top: 8px; overflow-x: auto"
    formatter = HtmlFormatter(noclasses=True, style="friendly", cssstyles=ground)
    return Markup(highlight(program, PythonLexer(stripnl=False), formatter))


def _row(candidate: Candidate, is_best: bool) -> Markup:
    success, training = candidate.success, candidate.training
    *cells, note = (
        f"{candidate.id} ★" if is_best else candidate.id,
        candidate.failure if success is None else f"{success.value:.0%} ({success.k} of {success.n})",
        "" if success is None else _interval(success.low, success.high, success.value),
        f"{training.sim_steps:,}" if training is not None else "",
        candidate.draft.parent or "",
        candidate.draft.note,
    )
    styled = [*((_NUMBER, cell) for cell in cells), (_CELL, note)]
    return Markup("<tr>{}</tr>").format(
        Markup("").join(Markup('<td style="{}">{}</td>').format(style, cell) for style, cell in styled)
    )


def _interval(low: float, high: float, value: float) -> Markup:
    """The interval as a bar from 0 to 100%, and in numbers."""
    return Markup(
        '<svg width="104" height="12" style="vertical-align: middle"><rect x="2" y="5" width="100" height="2" '
        'fill="#ccc"/><rect x="{:.1f}" y="3" width="{:.1f}" height="6" fill="#7aa6da"/>'
        '<circle cx="{:.1f}" cy="6" r="3" fill="#1f4e8c"/></svg> {}'
    ).format(2 + 100 * low, 100 * (high - low), 2 + 100 * value, f"{low:.0%}–{high:.0%}")


def _table(heads: tuple[str, ...], rows: Markup) -> Markup:
    cells = Markup("").join(Markup('<th style="{}">{}</th>').format(_CELL, head) for head in heads)
    return Markup(
        '<table style="border-collapse: collapse"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>'
    ).format(cells, rows)
