"""The commands that look: show, ls, report, check, envs."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.syntax import Syntax
from rich.table import Table

from text2reward.agent.composer.world import understand
from text2reward.agent.given import check_dialect, read_program
from text2reward.agent.limits import at_least
from text2reward.envs.gym.quiet import quietly
from text2reward.envs.lint import lint_task
from text2reward.envs.registry import all_tasks, broken_packages, get_task, get_tasks
from text2reward.envs.task import Task
from text2reward.envs.threads import lasting_threads
from text2reward.errors import RecordError, UserError
from text2reward.prompts import Prompts
from text2reward.record import ledger as ledgers
from text2reward.record.candidate import Candidate
from text2reward.record.finding import Finding
from text2reward.record.reader import Run, find_run, list_runs, load
from text2reward.record.verdict import shares
from text2reward.record.words import counted
from text2reward.sandbox import DialectName, SandboxMode
from text2reward.sandbox.bank_check import BANK_ROWS, check_program
from text2reward.terminal import results
from text2reward.terminal.console import GuardedConsole
from text2reward.terminal.guard import printable, unguarded
from text2reward.web.report import write_report

OK, FOUND = 0, 1
_WIDE = 1000


def console(highlight: bool = True) -> Console:
    """Standard output: as wide as the terminal, or as wide as it takes where it is none.

    Args:
        highlight: whether numbers and the like are coloured.
    """
    return GuardedConsole(sys.stdout, width=None if sys.stdout.isatty() else _WIDE, highlight=highlight)


def ls(runs_dir: Path) -> int:
    """All runs, newest last."""
    runs = list_runs(runs_dir)
    if not runs:
        print(f"There are no runs in {runs_dir}.")
        return OK
    table = Table(box=None, pad_edge=False)
    for head in ("run", "task", "model", "status", "best", "success"):
        table.add_column(head, overflow="fold")
    for folder in runs:
        try:
            table.add_row(*map(escape, _row(load(folder))))
        except RecordError as error:
            table.add_row(escape(folder.name), "", "", f"[red]{escape(error.message)}", "", "")
    console().print(table)
    return OK


def _row(run: Run) -> list[str]:
    best, held_out = run.best, run.held_out
    success = held_out.success if held_out else best.success if best else None
    return [
        run.folder.name,
        run.started.task,
        run.started.model,
        run.status,
        best.id if best else "-",
        shares(success) if success else "-",
    ]


def show(name: str, runs_dir: Path, candidate: str | None, video: bool, ledger: bool, as_json: bool) -> int:
    """A run, one of its candidates, or what everything took."""
    run = load(find_run(name, runs_dir))
    if ledger or as_json:
        _check_whole("--ledger" if ledger else "--json", candidate, video)
        if as_json:
            print(json.dumps(ledgers.as_json(run) if ledger else _as_json(run)))
        else:
            _show_ledger(run)
        return OK
    if video:
        return _show_video(run, candidate)
    if candidate is not None:
        _show_candidate(run.candidate(candidate))
        return OK
    print(f"{run.started.instruction}\n{run.started.task} · {run.started.model} · {run.status}")
    if run.started.parent:
        print(f"refined from {run.started.parent_candidate} of {run.started.parent}")
    print()
    print(results.text(run))
    for each in run.candidates.values():
        print(f"\n{each.id}  {each.draft.note}")
        for finding in each.findings:
            print(f"    {finding}")
    return OK


def _check_whole(flag: str, candidate: str | None, video: bool) -> None:
    if candidate is not None or video:
        other = "--video" if video else "--candidate"
        raise UserError(f"{flag} shows a run as a whole, which does not go with {other}.", f"Leave {other} away.")


def _as_json(run: Run) -> dict[str, Any]:
    return results.as_json(run, run.finished.reason if run.finished else run.status)


def _show_ledger(run: Run) -> None:
    found = ledgers.rows(run)
    table = Table(box=None, pad_edge=False)
    for i, head in enumerate(ledgers.HEADS):
        table.add_column(head, justify="left" if i < 2 else "right", no_wrap=True)
    for row in [*ledgers.with_sums(found), ledgers.added_up("total", found)]:
        table.add_row(*map(escape, ledgers.cells(row)), style="" if row.what else "bold")
    out = console(highlight=False)
    out.print(table)
    for line in ledgers.notes(found):
        out.print(line, markup=False)


def _show_candidate(candidate: Candidate) -> None:
    parent = f" from {candidate.draft.parent}" if candidate.draft.parent else ""
    print(f"{candidate.id}{parent}, by {candidate.draft.author}: {results.outcome(candidate)}")
    if candidate.draft.note:
        print(candidate.draft.note)
    for finding in candidate.findings:
        print(f"  {finding}")
    if candidate.program is not None:
        print()
        syntax = Syntax("", "python", background_color="default")
        console().print(syntax.highlight(printable(candidate.program)), soft_wrap=True)


def _show_video(run: Run, name: str | None) -> int:
    from text2reward.agent.filming import film_candidate

    candidate = run.candidate(name) if name else run.best
    if candidate is None or candidate.policy_path is None:
        raise UserError(f"{name or 'The run'} has no policy to film.", "Name a candidate that was trained.")
    videos = {run.path_of(video.path) for video in candidate.videos} | set(film_candidate(run, candidate))
    for path in sorted(videos):
        print(path)
    return OK


def report(name: str, runs_dir: Path) -> int:
    """Write a run's report anew."""
    print(write_report(load(find_run(name, runs_dir))))
    return OK


def check(program: Path, env: str, seed: int, sandbox: SandboxMode, dialect: DialectName) -> int:
    """Check a program as the loop would; exit code 1 when an error was found."""
    from text2reward.training.workers import Workers

    at_least("seed", seed, 0)
    source = read_program(program)
    check_dialect(program, source, dialect)
    task = get_task(env)
    workers = Workers(task, env, sandbox)
    workers.start()
    with tempfile.TemporaryDirectory() as folder:
        bank = workers.bank(Path(folder) / "bank.npz", BANK_ROWS, seed)
    print(f"sandbox: {workers.rewards.lock().line}", file=sys.stderr)
    return print_findings(program, check_program(source, task.layout, workers.rewards, bank))


def print_findings(program: Path, findings: list[Finding]) -> int:
    """Findings as a compiler prints them; exit code 1 when one is an error."""
    for finding in findings:
        place = f"{program}:{finding.line}" if finding.line else f"{program}"
        print(f"{place}: {finding.level}: {finding.text} [{finding.name}]")
    errors = sum(finding.level == "error" for finding in findings)
    if errors == 0:
        print(f"{program}: passes all checks" + (f", with {counted(len(findings), 'warning')}" if findings else ""))
    return FOUND if errors else OK


def envs_list() -> int:
    """All known tasks."""
    table = Table(box=None, pad_edge=False)
    table.add_column("task", no_wrap=True)
    table.add_column("sentence")
    for task in all_tasks().values():
        table.add_row(escape(task.id), escape(task.instruction))
    console().print(table)
    for line in broken_packages():
        print(f"warning: {line}", file=sys.stderr)
    return OK


def envs_show(env: str, picture: Path | None = None) -> int:
    """A task: what is in it, and the view a model gets.

    Args:
        env: the task.
        picture: where to draw its first state.
    """
    task = get_task(env)
    if picture is not None:
        _check_picture(picture)
    print(f"{task.id}: {task.instruction}\n")
    repeat = f", each for {task.action_repeat} simulator steps" if task.action_repeat > 1 else ""
    print(f"An episode has {task.horizon} steps of {task.dt:.4g} s{repeat}: {task.horizon * task.dt:.4g} s.")
    print(f"A policy sees {task.observation_size} numbers and answers with {task.action.size}.\n")
    table = Table(box=None, pad_edge=False)
    for head in ("field", "type", "varies", "what it is"):
        table.add_column(head, overflow="fold")
    for field in task.fields:
        table.add_row(f"state.{field.name}", escape(field.signature), field.varies, escape(field.doc))
    out = console()
    out.print(table)
    out.print(f"\nSuccess (for people; no model is told): {task.success}\n", markup=False, highlight=False)
    out.print("The view a model gets:\n", style="dim")
    out.print(view(task), markup=False, highlight=False)
    if picture is not None:
        from text2reward.training.workers import Workers

        Workers(task, env).picture(picture)
        print(f"{picture} shows the first state of an episode.")
    return OK


def _check_picture(path: Path) -> None:
    if path.suffix != ".png":
        raise UserError(f"{path} does not end in .png.", "For example: --picture task.png.")
    if not path.parent.is_dir():
        raise UserError(f"There is no folder {path.parent}.", "Make it first.")
    if not os.access(path.parent, os.W_OK):
        raise UserError(f"Nothing can be written into {path.parent}.", "Choose a folder of yours.")


def view(task: Task) -> str:
    """The task as a model is told it."""
    return Prompts().render(
        "task", task=task, instruction=task.instruction, show_success=False, revising=False, examples=()
    )


@quietly()
def envs_check(names: list[str], seed: int) -> int:
    """Run the field linter; exit code 1 when it finds an error."""
    at_least("seed", seed, 0)
    before = lasting_threads()
    tasks = [task for name in names for task in get_tasks(name)] or list(all_tasks().values())
    errors = 0
    for task in tasks:
        if not names and (missing := _missing(task)):
            print(f"{task.id}: not checked. {missing}")
            continue
        print(f"{task.id} …", end="", file=sys.stderr, flush=True)
        findings = lint_task(task, seed)
        print("\r", end="", file=unguarded(sys.stderr))
        for finding in findings:
            print(finding)
        if names:
            _say_whether_composed(task)
        levels = [finding.level for finding in findings]
        errors += levels.count("error")
        print(f"{task.id}: {_outcome(task, levels)}")
    code = FOUND if errors else OK
    if lasting_threads() - before:  # a simulator's, which Python would wait for
        sys.stdout.flush()
        os._exit(code)
    return code


def _say_whether_composed(task: Task) -> None:
    try:
        understand(task.fields, task.instruction, task.action.size)
    except UserError as error:
        print(f"note: {task.id}: --model composer cannot be used: {error.message}")


def _outcome(task: Task, levels: Sequence[str]) -> str:
    errors, count = levels.count("error"), levels.count("warning")
    warnings = counted(count, "warning")
    if errors:
        return f"{errors} to mend" + (f", and {warnings}" if count else "")
    return (
        f"{counted(len(task.fields), 'field')} {'is what it says' if len(task.fields) == 1 else 'are what they say'}"
        + (f", but for {warnings}" if count else "")
    )


def _missing(task: Task) -> UserError | None:
    """What is not installed that the task needs."""
    try:
        task.check_needs()
    except UserError as error:
        return error
    return None
