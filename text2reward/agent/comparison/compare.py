"""Comparing: who succeeds more often, what each pays for, how alike the rewards are, and in what the texts differ."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from text2reward.agent.comparison.judged import seen
from text2reward.agent.comparison.paid import Paid, correlations, distances, pay, ranks, steps_for, terms_of
from text2reward.agent.comparison.result import Comparison, Curve, Diff, Matrix, Seen, Side
from text2reward.agent.comparison.subject import Subject, find_subjects
from text2reward.agent.hyperparameters import recommended
from text2reward.envs.registry import get_task
from text2reward.envs.task import Task
from text2reward.errors import RecordError, UserError
from text2reward.record.curves import CurvePoint
from text2reward.sandbox import DialectName, SandboxMode
from text2reward.sandbox.reward_server import RewardServer

_ALIKE = (
    (0.05, "the same, up to scale and potential-based shaping"),
    (0.2, "much the same"),
    (0.6, "partly the same"),
    (0.8, "things that have little to do with each other"),
    (1.1, "opposite things"),
)
"""EPIC distances below which two rewards pay for so much the same; at 0.71 they are uncorrelated."""


@dataclass(frozen=True)
class _Shared:
    """The task that all are compared in, or why they are compared as text only."""

    task: Task | None
    env: str = ""
    why: str = ""


def compare(
    names: Sequence[str],
    runs_dir: Path,
    env: str | None = None,
    sandbox: SandboxMode = "auto",
    dialect: DialectName = "auto",
) -> Comparison:
    """Put runs and programs side by side.

    Args:
        names: runs, ``RUN:r1c2``, programs' files, entries of a library.
        runs_dir: where runs lie.
        env: the task of program files; that of the others when None.
        sandbox: how programs are locked away.
        dialect: the style that program files must be in.

    Raises:
        UserError, UnknownNameError: one cannot be found, a file is in another style, or nothing says which task a
            program is for.
    """
    subjects = find_subjects(names, runs_dir, dialect)
    shared = _shared(subjects, env)
    curves = [_curve(subject) for subject in subjects]
    sides = [_side(subject, curve, subjects[0]) for subject, curve in zip(subjects, curves, strict=True)]
    told, paid, missing = "", list[Paid | None]([None] * len(sides)), ""
    if shared.task is not None and any(side.program is not None for side in sides):
        try:
            told, sides, paid = _with_terms(subjects, sides, curves, shared, sandbox)
        except UserError as error:
            if all(subject.run is None for subject in subjects):
                raise
            missing = f"What they pay cannot be compared: {error}"
    epic, correlation = distances(paid), correlations(paid)
    comparable = sum(each is not None for each in paid) > 1
    return Comparison(
        task=shared.task.id if shared.task is not None else None,
        sides=tuple(sides),
        steps=told,
        epic=epic if comparable else (),
        correlation=correlation if comparable and any(map(any, correlation)) else (),
        sentences=tuple(_sentences(sides, epic, correlation)),
        diffs=tuple(_diffs(sides)),
        notes=(*filter(None, [shared.why, missing]), *_notes(subjects, sides, paid)),
    )


def _shared(subjects: Sequence[Subject], env: str | None) -> _Shared:
    tasks = {subject.task: subject.env for subject in subjects if subject.task is not None}
    if env is not None:
        tasks.setdefault(get_task(env).id, env)
    if not tasks:
        raise UserError("Nothing says which task these programs are for.", "Name it with --env.")
    if len(tasks) > 1:
        return _Shared(None, why=f"They are for different tasks ({', '.join(map(str, tasks))}): compared as text only.")
    asked = env or str(next(iter(tasks.values())))
    repeats = [subject.run.config.get("action_repeat") for subject in subjects if subject.run is not None]
    try:
        return _Shared(get_task(asked, next(filter(None, repeats), None)), asked)
    except UserError as error:
        if env is not None or any(subject.run is None and subject.entry is None for subject in subjects):
            raise
        return _Shared(None, why=f"Their task cannot be had: {error.message} Compared as text only.")


def _side(subject: Subject, curve: Sequence[CurvePoint], first: Subject) -> Side:
    candidate, entry = subject.candidate, subject.entry
    author = candidate.draft.author if candidate else entry.card.origin.author if entry else ""
    return Side(
        letter=subject.letter,
        name=subject.name,
        reward=subject.reward,
        task=subject.task,
        author=author,
        program=subject.program,
        seen=_judged(subject, first),
        curve=Curve(
            tuple(point.sim_steps for point in curve),
            tuple(point.success for point in curve),
            tuple(point.own_return for point in curve),
        )
        if curve
        else None,
    )


def _judged(subject: Subject, first: Subject) -> Seen | None:
    if subject is first:
        return seen(subject, None)
    if subject.task is not None and first.task is not None and subject.task != first.task:
        alone = seen(subject, None)
        return alone and replace(alone, unlike="they are different tasks")
    return seen(subject, first)


def _curve(subject: Subject) -> list[CurvePoint]:
    """The learning curves; none where the file is no longer what it was."""
    try:
        curve = subject.candidate.curves if subject.candidate is not None else []
    except RecordError:
        return []
    numbers = [n for p in curve for n in (p.success, p.own_return, *p.terms.values()) if n is not None]
    return curve if all(map(math.isfinite, numbers)) else []


def _with_terms(
    subjects: Sequence[Subject],
    sides: Sequence[Side],
    curves: Sequence[Sequence[CurvePoint]],
    shared: _Shared,
    sandbox: SandboxMode,
) -> tuple[str, list[Side], list[Paid | None]]:
    """The sides with what each pays, on which steps, or with what is wrong with its program."""
    assert shared.task is not None
    steps = steps_for(subjects, shared.task, shared.env, sandbox)
    rewards, gamma = RewardServer(sandbox), _gamma(subjects, shared.env)
    all_paid: list[Paid | None] = []
    done = []
    for side, curve in zip(sides, curves, strict=True):
        paid = pay(side.program, shared.task, steps, gamma, rewards) if side.program is not None else None
        if isinstance(paid, Paid):
            side = replace(side, terms=terms_of(paid, curve), ranks=ranks(paid, steps))
        elif paid is not None:
            side = replace(side, findings=paid)
        done.append(side)
        all_paid.append(paid if isinstance(paid, Paid) else None)
    return steps.told, done, all_paid


def _gamma(subjects: Sequence[Subject], env: str) -> float:
    """The discount of the first training, or the one usual for the task."""
    for subject in subjects:
        config = subject.run.config if subject.run is not None else {}
        learner = config.get(str(config.get("algo", "ppo")))
        gamma = learner.get("gamma") if isinstance(learner, dict) else None
        if isinstance(gamma, int | float):
            return float(gamma)
    return recommended(env)[1].gamma


def _sentences(sides: Sequence[Side], epic: Matrix, correlation: Matrix) -> Iterator[str]:
    """What the distances to the first side with a program mean."""
    at = next((i for i, side in enumerate(sides) if side.terms), 0)
    first = sides[at].letter
    for i, side in list(enumerate(sides))[at + 1 :]:
        apart, alike = epic[at][i], correlation[at][i]
        if apart is not None:
            what = next(words for below, words in _ALIKE if apart < below)
            text = f"{first} and {side.letter} pay for {what} (EPIC distance {apart:.2f})."
            if alike is not None:
                text += f" They put the stored episodes into {_order(alike)} (rank correlation {alike:+.2f})."
            yield text


def _order(correlation: float) -> str:
    if correlation >= 0.9:
        return "nearly the same order"
    if correlation >= 0.5:
        return "a similar order"
    return "orders that have little in common" if correlation > -0.5 else "opposite orders"


def _diffs(sides: Sequence[Side]) -> Iterator[Diff]:
    with_program = [side for side in sides if side.program is not None]
    for side in with_program[1:]:
        before, after = with_program[0], side
        lines = difflib.unified_diff(
            (before.program or "").splitlines(),
            (after.program or "").splitlines(),
            f"{before.letter}  {before.name}",
            f"{after.letter}  {after.name}",
            lineterm="",
        )
        yield Diff(before.letter, after.letter, tuple(lines))


def _notes(subjects: Sequence[Subject], sides: Sequence[Side], paid: Sequence[Paid | None]) -> Iterator[str]:
    yield from (subject.note for subject in subjects if subject.note)
    for side, terms in zip(sides, paid, strict=True):
        if terms is not None and terms.nothing_left:
            yield (
                f"{side.letter} is constant or potential-based shaping only, which EPIC takes out: it has no distance."
            )
        if side.reward != "program":
            yield f"{side.letter} is a baseline ({side.reward} reward): it has no program, so no terms and no distance."
    runs = [subject.run for subject in subjects if subject.run is not None]
    if len({run.target for run in runs}) > 1:
        yield "The runs had different targets."
    if len({repr(run.config.get("action_repeat")) for run in runs}) > 1:
        yield "The runs acted at different rates (action repeat), so a step is not equally long in all of them."
    if len({run.started.instruction for run in runs}) > 1:
        yield "The runs were asked different sentences."
