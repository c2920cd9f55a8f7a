"""What is compared: a candidate of a run, a program's file, or an entry of a library."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from text2reward.agent.given import check_dialect, read_program
from text2reward.agent.library import Entry, Library
from text2reward.agent.library.card_file import CARD, PROGRAM
from text2reward.errors import NoRunError, UnknownNameError, UserError
from text2reward.record.candidate import Candidate
from text2reward.record.events import RewardKind
from text2reward.record.reader import Run, find_run, list_runs, load
from text2reward.sandbox import DialectName

LETTERS = "ABCDEFGH"
"""What the sides are called; there are no more than these."""


@dataclass(frozen=True)
class Subject:
    """One side of a comparison.

    Args:
        letter: what it is called.
        name: what it is, for people.
        program: its text; None for a baseline.
        reward: ``program``, or which baseline.
        env: how its task is asked for; None where nothing says.
        task: its task's id; None where nothing says.
        run, candidate: in whose record it lies, if in any.
        entry: the entry of a library that it is, if it is one.
        note: what to know about the choice.
    """

    letter: str
    name: str
    program: str | None
    reward: RewardKind = "program"
    env: str | None = None
    task: str | None = None
    run: Run | None = None
    candidate: Candidate | None = None
    entry: Entry | None = None
    note: str = ""


def find_subjects(names: Sequence[str], runs_dir: Path, dialect: DialectName = "auto") -> list[Subject]:
    """What is called by each of ``names``; programs in files must be in the style ``dialect``.

    Raises:
        UserError: fewer than two or too many are named, or one cannot be read, has nothing to compare or is in another
            style.
        UnknownNameError: nothing is called so; says what is nearest.
    """
    if len(names) < 2:
        raise UserError(
            f"There is nothing to compare {names[0]!r} with." if names else "There is nothing to compare.",
            "Name two or more: text2reward compare RUN reward.py, or RUN:r1c1 RUN:r2c1.",
        )
    if len(names) > len(LETTERS):
        raise UserError(f"{len(names)} are too many to compare.", f"Name at most {len(LETTERS)}.")
    return [_find(letter, name, runs_dir, dialect) for letter, name in zip(LETTERS, names, strict=False)]


def _find(letter: str, name: str, runs_dir: Path, dialect: DialectName) -> Subject:
    path = Path(name)
    with contextlib.suppress(OSError, ValueError):  # a name no file system takes
        if path.is_file() or (path / CARD).is_file():
            return _in_file(letter, path, dialect)
    run, wanted = _run(name, runs_dir)
    candidate = run.candidate(wanted) if wanted else None
    note = ""
    if candidate is None:
        candidate, note = _chosen(run)
    if candidate.draft.reward == "program" and candidate.program is None:
        raise UserError(
            f"{candidate.id} of {run.folder.name} has no program: {candidate.failure}.",
            f"With a program: {', '.join(_programs(run)) or 'none'}.",
        )
    return Subject(
        letter=letter,
        name=f"{run.folder.resolve().name}:{candidate.id}",
        program=candidate.program,
        reward=candidate.draft.reward,
        env=str(run.config.get("env")),
        task=run.started.task,
        run=run,
        candidate=candidate,
        note=note,
    )


def _in_file(letter: str, path: Path, dialect: DialectName) -> Subject:
    """A program's file; where a card lies beside it, it is an entry of a library."""
    if path.is_dir():
        path = path / PROGRAM
    if path.name == PROGRAM and (path.parent / CARD).is_file():
        folder = path.resolve().parent
        entry = Library(folder.parent).entry(folder.name)
        entry = replace(entry, folder=path.parent)
        return Subject(letter, str(path), entry.program, env=entry.card.task, task=entry.card.task, entry=entry)
    program = read_program(path)
    check_dialect(path, program, dialect)
    return Subject(letter, str(path), program)


def _run(name: str, runs_dir: Path) -> tuple[Run, str]:
    """The run, and the name of a candidate where one stands behind a colon."""
    whole, _, wanted = name.rpartition(":")
    for called, candidate in ((name, ""), (whole, wanted)):
        if not called:
            continue
        with contextlib.suppress(NoRunError):
            return load(find_run(called, runs_dir)), candidate
    known = [folder.name for folder in list_runs(runs_dir)]
    files = [str(path) for path in sorted(Path().glob("*.py"))]
    asked = name if "/" in name or name.endswith(".py") else (whole or name)
    see = f"It is no program's file, and no run in {runs_dir}: `text2reward ls` shows the runs."
    raise UnknownNameError("run or program", asked, [*known, *files], see=see)


def _chosen(run: Run) -> tuple[Candidate, str]:
    """The candidate the run chose; where nothing was trained yet, the latest program."""
    if run.best is not None:
        return run.best, ""
    programs = _programs(run)
    if not programs:
        raise UserError(f"The run {run.folder.name} has no program and no policy.", "Name another one.")
    return run.candidates[programs[-1]], f"{run.folder.name} has no policy: its latest program is taken."


def _programs(run: Run) -> list[str]:
    return [each.id for each in run.candidates.values() if each.draft.program is not None]
