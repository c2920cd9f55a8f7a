"""The commands about the library of rewards: add, search, list, show, remove."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.syntax import Syntax
from rich.table import Table

from text2reward.agent.library import Entry, Library, library_folder, search
from text2reward.agent.library.from_run import card_of, chosen
from text2reward.agent.limits import at_least
from text2reward.envs.registry import all_tasks, get_task
from text2reward.errors import LibraryError, UserError
from text2reward.record.reader import find_run, load
from text2reward.record.terms import about_terms
from text2reward.record.verdict import shares
from text2reward.sandbox.dialects import dialect_of_text
from text2reward.terminal.guard import printable
from text2reward.terminal.looking import OK, console


def add(name: str, runs_dir: Path, candidate: str | None, folder: Path | None, called: str | None) -> int:
    """Put a run's program into the library."""
    run = load(find_run(name, runs_dir))
    found, program = chosen(run, candidate)
    entry = Library(library_folder(folder)).add(card_of(run, found, program), program, called)
    print(f"{entry.folder}: {_success(entry)}")
    return OK


def find(query: str, env: str | None, limit: int, folder: Path | None, as_json: bool) -> int:
    """The entries that are most like a query."""
    at_least("limit", limit, 1)
    if not query.strip():
        raise UserError("There is nothing to search for.", 'For example: text2reward library search "push a puck".')
    task = get_task(env) if env else None
    library = Library(library_folder(folder))
    entries = [entry for entry in _read(library) if task is None or entry.fits(task)]
    found = search(entries, query)[:limit]
    if as_json:
        print(json.dumps([{"likeness": round(score, 4), **as_data(entry)} for entry, score in found]))
        return OK
    if not found:
        usable = f" whose fields {task.id} has" if task else ""
        print(f"No program in {library.folder}{usable} is like {printable(query)!r}.")
        return OK
    _table([entry for entry, _ in found], [f"{score:.2f}" for _, score in found])
    return OK


def list_all(folder: Path | None, as_json: bool) -> int:
    """All entries."""
    library = Library(library_folder(folder))
    entries = _read(library)
    if as_json:
        print(json.dumps([as_data(entry) for entry in entries]))
    elif entries:
        _table(entries)
    else:
        print(f"There are no programs in {library.folder}.")
    return OK


def show(name: str, folder: Path | None, as_json: bool) -> int:
    """An entry: its card and its program."""
    entry = Library(library_folder(folder)).entry(name)
    if as_json:
        print(json.dumps({**as_data(entry), "text": entry.program}))
        return OK
    card, origin, seen = entry.card, entry.card.origin, entry.card.success
    print(f"{printable(card.instruction)}\n{printable(card.task)} · {printable(origin.author)} · {_success(entry)}\n")
    judged = {"task": "by the task itself", "person": "by a person who watched"}.get(seen.judge, f"by {seen.judge}")
    lines = [
        ("style", dialect_of_text(entry.program).name),
        ("judged", f"on {seen.episodes_of} episodes, {judged}; {seen.solved_at_end} still solved at the last step"),
        ("trained", f"{origin.sim_steps:,} simulator steps, seed {origin.seed}, on {origin.trained}"),
        ("from", f"{origin.candidate} of {origin.run}, method {origin.method}"),
        ("terms", ", ".join(card.terms) + (f" ({about})" if (about := about_terms(card.terms)) else "")),
        ("versions", ", ".join(f"{package} {version}" for package, version in card.versions.items())),
        *(("reads", f"state.{field.name}: {field.signature}: {field.doc}") for field in card.fields),
    ]
    out = console()
    for head, text in lines:
        out.print(f"[dim]{head:8}[/dim]  {escape(printable(text))}", soft_wrap=True, highlight=False)
    out.print()
    out.print(Syntax("", "python", background_color="default").highlight(printable(entry.program)), soft_wrap=True)
    env = card.task if card.task in all_tasks() else "MODULE:TASK"  # the task of somebody's own module
    print(printable(f"train with it  text2reward train {shlex.quote(str(entry.path))} --env {env}"))
    return OK


def remove(name: str, folder: Path | None) -> int:
    """Take an entry out."""
    print(f"removed {Library(library_folder(folder)).remove(name)}")
    return OK


def as_data(entry: Entry) -> dict[str, Any]:
    """An entry as plain data; the interval is worked out from the numbers."""
    card = asdict(entry.card)
    card["success"] |= {"interval": [entry.success.low, entry.success.high]}
    dialect = dialect_of_text(entry.program).name
    return {"name": entry.name, "program": str(entry.path), "dialect": dialect, **card}


def _read(library: Library) -> list[Entry]:
    """All whole entries; what is wrong with the others goes to standard error."""
    entries, faults = library.read()
    for fault in faults:
        print(f"left out: {_one_line(fault)}", file=sys.stderr)
    return entries


def _one_line(fault: LibraryError) -> str:
    return printable(" ".join(str(fault).split()))


def _table(entries: Sequence[Entry], scores: Sequence[str] | None = None) -> None:
    table = Table(box=None, pad_edge=False)
    for head in (*(("likeness",) if scores else ()), "name", "task", "success", "sentence"):
        table.add_column(head, overflow="fold")
    for i, entry in enumerate(entries):
        cells = [entry.name, entry.card.task, _success(entry), entry.card.instruction]
        table.add_row(*([scores[i]] if scores else []), *(escape(printable(cell)) for cell in cells))
    console().print(table)


def _success(entry: Entry) -> str:
    return f"{shares(entry.success)} of {entry.success.n}"
