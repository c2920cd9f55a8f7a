"""What a run's record says of one of its programs, as a card."""

from __future__ import annotations

from pathlib import Path

from text2reward.agent.library.card import SCHEMA, Card, Measured, Origin
from text2reward.envs.field import StateLayout
from text2reward.envs.registry import get_task
from text2reward.errors import RecordError, UserError
from text2reward.record.candidate import Candidate
from text2reward.record.events import Success
from text2reward.record.files import RESTORE
from text2reward.record.reader import Run
from text2reward.record.writer import CONFIG
from text2reward.sandbox.examples import fields_read
from text2reward.sandbox.shared_arrays import TERM_NAME
from text2reward.sandbox.static_check import check_source

_LEFT_OUT = "openai"
"""A client's version says nothing about a training."""


def chosen(run: Run, name: str | None) -> tuple[Candidate, str]:
    """The candidate of that name, or the one the run chose, and its program.

    Raises:
        UserError: there is none, it has no program, or nothing is known of its success.
    """
    candidate = run.candidate(name) if name else run.best
    if candidate is None:
        raise UserError(f"The run {run.folder.name} has no policy yet.", f"text2reward resume {run.folder} goes on.")
    if candidate.draft.reward != "program":
        raise UserError(
            f"{candidate.id} of {run.folder.name} was trained with the {candidate.draft.reward} reward, no program.",
            "Name a run of a program.",
        )
    if candidate.program is None or candidate.success is None:
        why = "has no program" if candidate.program is None else f"has no policy ({candidate.failure})"
        trained = [each.id for each in run.candidates.values() if each.success is not None]
        raise UserError(
            f"{candidate.id} of {run.folder.name} {why}.",
            f"With a policy: {', '.join(trained) or 'none'}.",
        )
    return candidate, candidate.program


def card_of(run: Run, candidate: Candidate, program: str) -> Card:
    """The card of a trained program.

    Raises:
        UserError: the run's task cannot be had, or the program does not fit it.
    """
    assert candidate.training is not None
    task = get_task(str(run.config.get("env")), run.config.get("action_repeat"))
    read = _read(program, task.layout)
    return Card(
        schema=SCHEMA,
        task=run.started.task,
        instruction=run.started.instruction,
        terms=_terms(candidate),
        fields=read.fields,
        success=_measured(run, candidate),
        origin=Origin(
            run=run.folder.resolve().name,
            candidate=candidate.id,
            author=candidate.draft.author,
            method=Path(str(run.config.get("method", "default"))).stem,
            seed=_seed(run),
            sim_steps=candidate.training.sim_steps,
            trained=run.entries[0].time[:10],
        ),
        versions=_versions(run),
        constants=read.constants,
        observed=read.observed,
    )


def success_of(run: Run, candidate: Candidate) -> tuple[str, Success | None]:
    """Which episodes tell most of a candidate, ``held-out`` where there are any, and its success on them."""
    held_out = run.held_out
    if held_out is not None and held_out.candidate == candidate.id:
        return "held-out", held_out.success
    return "select", candidate.success


def judge_named(run: Run) -> str:
    """What said whether an episode was solved: ``task``, ``person``, or the name of a judge's file."""
    judge = run.config.get("judge")
    return Path(judge).name if isinstance(judge, str) else "task"


def _measured(run: Run, candidate: Candidate) -> Measured:
    on, success = success_of(run, candidate)
    assert success is not None
    return Measured(
        episodes_of="held-out" if on == "held-out" else "select",
        judge=judge_named(run),
        solved=success.k,
        episodes=success.n,
        solved_at_end=success.k_at_end,
        interval=(success.low, success.high),
    )


def _seed(run: Run) -> int:
    seed = run.config.get("seed")
    if type(seed) is not int:
        raise RecordError(f"{run.folder / CONFIG} names no seed.", RESTORE)
    return seed


def _terms(candidate: Candidate) -> tuple[str, ...]:
    """The names of its terms, as its learning curves have them; none where those are no longer what they were."""
    try:
        names = tuple(candidate.curves[0].terms) if candidate.curves else ()
    except RecordError:
        return ()
    return tuple(name for name in names if TERM_NAME.fullmatch(name))


def _read(program: str, layout: StateLayout) -> StateLayout:
    """The fields that a program reads; all of the task's where that cannot be told from the text."""
    findings = check_source(program, layout)
    if findings:
        raise UserError(f"The program does not fit its task: {findings[0]}.", "text2reward check shows all.")
    read = layout.part(fields_read(program, layout))
    return layout if check_source(program, read) else read


def _versions(run: Run) -> dict[str, str]:
    packages = run.environment.get("packages")
    known = packages if isinstance(packages, dict) else {}
    python = {"python": str(run.environment["python"])} if "python" in run.environment else {}
    return {**python, **{name: str(version) for name, version in known.items() if name != _LEFT_OUT}}
