"""The field linter: proves that a task's declaration says what its simulators do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from text2reward.envs.simulator import Simulator
from text2reward.envs.task import Task
from text2reward.envs.transitions import Recording, exploring_policy, record

_STILL = 1e-6
"""Changes up to this size count as none."""

_SAME_UP_TO_SCALE = 0.999
"""Squared correlation from which a field counts as carrying a judgement."""

Level = Literal["error", "warning"]


@dataclass(frozen=True)
class LintFinding:
    """One thing wrong with a task's declaration.

    Args:
        level: an error makes the task unusable; a warning is something that could not be proved.
        where: which simulator, ``training`` or ``reference``.
        subject: the field, or the task's id.
        message: what is wrong and what to do.
    """

    level: Level
    where: str
    subject: str
    message: str

    def __str__(self) -> str:
        return f"{self.level}: {self.subject} ({self.where}): {self.message}"


def lint_task(task: Task, seed: int = 0) -> list[LintFinding]:
    """Check ``task`` in its training simulator and, where it is another one, in its reference.

    Args:
        seed: of the episodes that are tried.
    """
    findings = list(_declaration(task))
    findings += _simulator(task, "training", task.make_training(16), steps=2 * task.horizon, seed=seed)
    if task.reference is not None:
        findings += _simulator(task, "reference", task.make_reference(4), steps=task.horizon + 5, seed=seed)
    return findings


def _declaration(task: Task) -> Iterator[LintFinding]:
    groups = {name.split(".")[0] for name in task.layout.names}
    for name in task.layout.names:
        if name.split(".")[1] in groups:
            yield LintFinding("error", "declaration", name, "its last part is also the name of a group; rename one.")
    for field in task.fields:
        if not field.doc or not field.unit:
            yield LintFinding("error", "declaration", field.name, "has no description or no unit; a model needs both.")
        if field.name.endswith(".quat") and field.shape != (4,):
            yield LintFinding(
                "error", "declaration", field.name, f"is a quaternion of shape {field.shape}; it must be (4,), wxyz."
            )


def _simulator(task: Task, where: str, simulator: Simulator, steps: int, seed: int) -> Iterator[LintFinding]:
    rng = np.random.default_rng(seed)
    seeds = [int(s) for s in rng.integers(0, 2**31 - 1, simulator.num_envs)]
    try:
        first = simulator.reset(seeds)
        shape = (simulator.num_envs, task.layout.size)
        if first.state.shape != shape or first.state.dtype != np.float32:
            yield LintFinding(
                "error",
                where,
                task.id,
                f"the state is {first.state.dtype} {first.state.shape}; the fields declare float32 {shape}.",
            )
            return
        if not np.array_equal(simulator.reset(seeds).state, first.state):
            yield LintFinding("error", where, task.id, "resetting with the same seeds gives different states.")
        recording = record(simulator, exploring_policy(task, simulator.num_envs, rng), steps, seeds)
    finally:
        simulator.close()
    yield from _fields(task, where, recording)


def _fields(task: Task, where: str, recording: Recording) -> Iterator[LintFinding]:
    moves, differs = _movement(recording)
    judgements = _judgements(recording)
    states = recording.transitions.state
    for field in task.fields:
        columns = task.layout.columns(field.name)
        values = states[:, columns]
        if not np.isfinite(values).all():
            yield LintFinding("error", where, field.name, "is not finite in some state.")
            continue
        yield from _varies(task, where, field.name, field.varies, moves[columns].max(), differs[columns].max())
        if field.dtype == "bool" and not np.isin(values, (0.0, 1.0)).all():
            yield LintFinding("error", where, field.name, "is declared bool but holds other values than 0 and 1.")
        if field.name.endswith(".quat") and np.abs(np.linalg.norm(values, axis=1) - 1).max() > 1e-3:
            yield LintFinding("error", where, field.name, "is a quaternion whose length is not 1.")
        # One coordinate of a position may well equal a distance to a goal that never moves.
        known = ("success", "reward") if field.is_place else tuple(judgements)
        for name in known:
            if any(_same_up_to_scale(column, judgements[name]) for column in values.T):
                yield LintFinding(
                    "error", where, field.name, f"carries the simulator's {name}; a reward must not see it."
                )


def _varies(task: Task, where: str, name: str, declared: str, moves: float, differs: float) -> Iterator[LintFinding]:
    if moves > _STILL:
        found = "step"
    elif differs > _STILL:
        found = "reset"
    else:
        found = "never"
    if found == declared:
        return
    said = f"is declared to vary by {declared!r} but varies by {found!r}"
    if declared == "step" and task.expert is None:
        yield LintFinding(
            "warning", where, name, f"{said} under random actions; no scripted expert was there to move it."
        )
    else:
        yield LintFinding("error", where, name, f"{said}; correct the declaration, or drop a field that is dead.")


def _movement(recording: Recording) -> tuple[np.ndarray, np.ndarray]:
    """Per state column: the largest change within an episode, and between episodes' starts."""
    transitions = recording.transitions
    moves = np.abs(transitions.state - transitions.prev).max(axis=0)
    steps, num_envs = recording.fresh.shape
    starts = transitions.prev.reshape(steps, num_envs, -1)[1:][recording.fresh[:-1]]
    starts = np.concatenate([recording.initial, starts])
    return moves, np.ptp(starts, axis=0)


def _judgements(recording: Recording) -> dict[str, np.ndarray]:
    judgements = {name: part.reshape(-1) for name, part in recording.native_parts.items()}
    judgements["success"] = recording.transitions.success.astype(np.float64)
    judgements["reward"] = recording.transitions.native_reward
    return judgements


def _same_up_to_scale(column: np.ndarray, judgement: np.ndarray) -> bool:
    x, y = column - column.mean(), judgement - judgement.mean()
    spread = np.sqrt((x.astype(np.float64) ** 2).sum() * (y.astype(np.float64) ** 2).sum())
    return bool(spread > 1e-9 and ((x * y).sum() / spread) ** 2 > _SAME_UP_TO_SCALE)
