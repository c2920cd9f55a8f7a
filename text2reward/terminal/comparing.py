"""The command that compares."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.syntax import Syntax
from rich.table import Table

from text2reward.agent.comparison import Comparison
from text2reward.agent.comparison import compare as compared
from text2reward.agent.comparison.result import Apart, Curve, Matrix, Seen, Side
from text2reward.errors import UserError
from text2reward.record.atomic import write_text
from text2reward.record.terms import about_terms
from text2reward.record.verdict import shares
from text2reward.sandbox import DialectName, SandboxMode
from text2reward.terminal.guard import printable
from text2reward.terminal.looking import OK, console
from text2reward.terminal.sparkline import sparkline

BROKEN = 2
"""A program failed its checks; what can be said of the others was said."""

_LINE = 30
_PROVED = "*"


def compare(
    names: Sequence[str],
    runs_dir: Path,
    env: str | None,
    html: Path | None,
    as_json: bool,
    sandbox: SandboxMode,
    dialect: DialectName,
) -> int:
    """Put runs and programs side by side; exit code 2 when a program fails its checks."""
    if html is not None:
        _check_page(html)
    found = compared(names, runs_dir, env, sandbox, dialect)
    if html is not None:
        _write_page(found, html)
    if as_json:
        print(json.dumps(found.to_json()))
        for side in found.sides:
            if side.findings:
                print(printable(f"text2reward: {side.letter} fails its checks: {side.findings[0]}"), file=sys.stderr)
    else:
        _print(found, console(highlight=False))
        if html is not None:
            print(f"\npage  {html}")
    return OK if found.whole else BROKEN


def _check_page(path: Path) -> None:
    folder = path.resolve().parent
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise UserError(f"{path} cannot be written.", "Name a file in an existing folder of yours.")


def _write_page(found: Comparison, path: Path) -> None:
    from text2reward.web.comparison import render

    try:
        write_text(path, render(found.to_json()))
    except OSError as error:
        raise UserError(f"Cannot write {path}: {error.strerror}.", "Name another file.") from error


def _print(found: Comparison, out: Console) -> None:
    for side in found.sides:
        by = f"  by {side.author}" if side.author else ""
        out.print(f"[bold]{side.letter}[/bold]  {_safe(side.name)}[dim]{_safe(by)}")
    for note in found.notes:
        out.print(f"[dim]{_safe(note)}")
    if any(side.seen for side in found.sides):
        _head(out, "Success")
        _print_success(found.sides, out)
    if any(side.terms for side in found.sides):
        _head(out, "Terms", f"on {found.steps}")
        _print_terms(found.sides, out)
    if found.epic:
        _head(out, "How alike the rewards are")
        _print_distances(found, out)
    if any(side.curve for side in found.sides):
        _head(out, "Curves", "over simulator steps; the exploring policy")
        _print_curves(found.sides, out)
    for side in found.sides:
        for finding in side.findings:
            out.print(f"\n[red]{side.letter} fails its checks:[/red] {_safe(str(finding))}")
    for diff in found.diffs:
        _head(out, f"From {diff.before} to {diff.after}")
        text = printable("\n".join(diff.lines)) or "The programs are the same."
        out.print(Syntax("", "diff", background_color="default").highlight(text), soft_wrap=True, end="")


def _head(out: Console, title: str, note: str = "") -> None:
    out.print(f"\n[bold]{title}[/bold]" + (f" [dim]{_safe(note)}" if note else ""))


def _print_success(sides: Sequence[Side], out: Console) -> None:
    table = _table("", "success [95%]", "episodes", "at the end", f"minus {sides[0].letter} [95%]", "steps")
    ways: dict[str, list[str]] = {}
    for side in sides:
        seen = side.seen
        if seen is None:
            table.add_row(side.letter, "not judged", "", "", "", "")
            continue
        if seen.apart is not None:
            ways.setdefault(_way(seen.apart), []).append(side.letter)
        at_end = f"{seen.success.value_at_end:.0%}"
        judged = "" if seen.judge == "task" else f", by {seen.judge}"
        episodes = f"{seen.success.n} {seen.episodes_of}{judged}"
        more = _more(seen.apart) if seen.apart else seen.unlike
        table.add_row(side.letter, shares(seen.success), _safe(episodes), at_end, more, _steps(seen))
    out.print(table)
    if any(side.seen and side.seen.proved for side in sides):
        out.print(f"[dim]{_PROVED} the target was proved after so many steps; others trained all of theirs.")
    for way, letters in ways.items():
        out.print(f"[dim]{' and '.join(letters)} {way}")


def _more(apart: Apart) -> str:
    return f"{apart.value:+.0%} [{apart.low:+.0%}, {apart.high:+.0%}]".replace("[", r"\[")


def _way(apart: Apart) -> str:
    both = f"the {apart.pairs} {apart.episodes_of} episodes of both"
    return f"minus the first, on {both if apart.pairs else f'{apart.episodes_of} episodes'}: {apart.method}."


def _steps(seen: Seen) -> str:
    """Simulator steps to the target, or how many were not enough."""
    return f"{seen.sim_steps:,}{_PROVED}" if seen.proved else f"{seen.sim_steps:,}"


def _print_terms(sides: Sequence[Side], out: Console) -> None:
    trained = any(term.last is not None for side in sides for term in side.terms)
    table = _table("term", "", "share", "mean ± spread", *(["in training"] if trained else []))
    names = list(dict.fromkeys(term.name for side in sides for term in side.terms))
    for name in names:
        shown = name
        for side in sides:
            for term in side.terms:
                if term.name != name:
                    continue
                course = "" if term.first is None or term.last is None else f"{term.first:.3g} → {term.last:.3g}"
                cells = [shown, side.letter, f"{term.share:.0%}", f"{term.mean:.3g} ± {term.spread:.2g}"]
                table.add_row(*cells, *([course] if trained else []))
                shown = ""
    out.print(table)
    if about := about_terms(names):
        out.print(f"[dim]{about}")
    ranked = [f"{side.letter} {side.ranks:+.2f}" for side in sides if side.ranks is not None]
    if ranked:
        out.print(f"[dim]Rank correlation of the returns with how well the episodes went: {', '.join(ranked)}.")


def _print_distances(found: Comparison, out: Console) -> None:
    letters = [side.letter for side in found.sides]
    table = _table("EPIC distance", *letters)
    _rows(table, letters, found.epic, "{:.2f}")
    if found.correlation:
        table.add_row(r"rank correlation", *([""] * len(letters)), style="dim")
        _rows(table, letters, found.correlation, "{:+.2f}")
    out.print(table)
    out.print("[dim]EPIC: 0 is alike up to scale and potential-based shaping, 0.71 uncorrelated, 1 opposite.")
    out.print("[dim]Rewards that are alike may still be learned at different speed.")
    for sentence in found.sentences:
        out.print(_safe(sentence))


def _rows(table: Table, letters: Sequence[str], matrix: Matrix, form: str) -> None:
    for letter, row in zip(letters, matrix, strict=True):
        table.add_row(letter, *("-" if value is None else form.format(value) for value in row))


def _print_curves(sides: Sequence[Side], out: Console) -> None:
    curves = [(side.letter, side.curve) for side in sides if side.curve is not None]
    end = max(curve.sim_steps[-1] for _, curve in curves)
    table = _table("", f"0 to {end:,}", "from → to")
    for letter, curve in curves:
        table.add_row(f"{letter} success", *_line(curve, curve.success, end, "{:.0%}", 0.0, 1.0))
    for letter, curve in curves:
        table.add_row(f"{letter} own return", *_line(curve, curve.own_return, end, "{:.3g}"))
    out.print(table)


def _line(
    curve: Curve,
    values: Sequence[float | None],
    end: int,
    form: str,
    low: float | None = None,
    high: float | None = None,
) -> tuple[str, str]:
    known = [value for value in values if value is not None]
    line = sparkline(curve.sim_steps, values, _LINE, end, low, high)
    return line, f"{form.format(known[0])} → {form.format(known[-1])}" if known else "no episode ended"


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    return table


def _safe(text: str) -> str:
    return escape(printable(text))
