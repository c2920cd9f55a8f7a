"""The field linter: proves that a task's declaration says what its simulators do."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from text2reward.envs.faults import fault
from text2reward.envs.repeats import AGAIN, BEYOND, otherwise, unrepeated
from text2reward.envs.simulator import HIGHEST_SEED, Simulator
from text2reward.envs.task import Task
from text2reward.envs.threads import lasting_threads, left_running
from text2reward.envs.transitions import Recording, exploring_policy, record
from text2reward.errors import SourceFault, TaskError

_STILL = 1e-6
"""Changes up to this size count as none."""

_SAME_UP_TO_SCALE = 0.999
"""Squared correlation from which a field counts as carrying a judgement."""

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class LintFinding:
    """One thing wrong with a task's declaration.

    Args:
        level: an error makes the task unusable; a warning is something that could not be proved; a note is something
            to know.
        where: which simulator, ``training`` or ``reference``, or ``declaration``.
        subject: the field, or the task's id.
        message: what was expected, what was found, and how to mend it.
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
    findings += _simulator(task, "training", task.make_training, 16, 2 * task.horizon, seed)
    if task.reference is not None:
        findings += _simulator(task, "reference", task.make_reference, 4, task.horizon + BEYOND, seed)
    return findings


def _declaration(task: Task) -> Iterator[LintFinding]:
    groups = {name.split(".")[0] for name in task.layout.names}
    for name in task.layout.names:
        if name.split(".")[1] in groups:
            yield LintFinding("error", "declaration", name, "its last part is also the name of a group; rename one.")
    for field in task.fields:
        if not field.doc or not field.unit:
            yield LintFinding("error", "declaration", field.name, "has no description or no unit; a model needs both.")
        if field.is_quaternion and field.shape != (4,):
            yield LintFinding(
                "error", "declaration", field.name, f"is a quaternion of shape {field.shape}; it must be (4,), wxyz."
            )
    for subject, text in task.texts.items():
        if not text or "TODO" in text:
            yield LintFinding("warning", "declaration", subject, f"is not written yet: {text}" if text else "is empty.")


def _simulator(
    task: Task, where: str, make: Callable[[int], Simulator], num_envs: int, steps: int, seed: int
) -> Iterator[LintFinding]:
    before = lasting_threads()
    rng = np.random.default_rng(seed)
    seeds = [int(s) for s in rng.integers(0, HIGHEST_SEED, num_envs)]
    try:
        with contextlib.closing(make(num_envs)) as simulator:
            recording = yield from _behaviour(task, where, simulator, steps, seeds, rng)
        if recording is not None:
            with contextlib.closing(make(AGAIN)) as simulator:
                differs = otherwise(task, simulator, recording, seeds)
            if differs:
                yield LintFinding("error", where, task.id, differs)
    except TaskError as error:
        for subject, text in error.problems:
            yield LintFinding("error", where, subject, text)
    except SourceFault as error:
        yield LintFinding("error", where, error.subject, error.problem)
    except Exception as error:  # whatever a simulator raises is for the person who wrote it to read
        yield LintFinding("error", where, task.id, str(fault(error, "when it is tried")))
    if left := left_running(before):
        yield LintFinding("warning", where, task.id, left)


def _behaviour(
    task: Task, where: str, simulator: Simulator, steps: int, seeds: list[int], rng: np.random.Generator
) -> Generator[LintFinding, None, Recording | None]:
    """What is wrong while it is played; returns what was played, where it is worth playing again."""
    first = simulator.reset(seeds)
    shape = (simulator.num_envs, task.layout.size)
    if first.state.shape != shape or first.state.dtype != np.float32:
        yield LintFinding(
            "error",
            where,
            task.id,
            f"the state is {first.state.dtype} {first.state.shape}; the fields declare float32 {shape}.",
        )
        return None
    differs = unrepeated(task, simulator, seeds, first)
    if differs:
        yield LintFinding("error", where, task.id, differs)
    recording = record(simulator, exploring_policy(task, simulator.num_envs, rng), steps, seeds)
    yield from _fields(task, where, recording)
    yield from judgements(task, where, recording)
    yield from _numbers(where, recording)
    yield from _episodes(task, where, recording)
    return None if differs else recording


def _numbers(where: str, recording: Recording) -> Iterator[LintFinding]:
    """Observations and rewards that are none; fields have findings of their own."""
    if at := _lost(recording, recording.shown, recording.observation):
        lost = ~np.isfinite(np.concatenate([recording.shown, recording.observation]))
        numbers = ", ".join(map(str, np.flatnonzero(lost.any(axis=0))[:8]))
        yield LintFinding(
            "error",
            where,
            "observation",
            f"is not finite {at} (of its numbers, counted from 0: {numbers}); a policy needs numbers. Correct what "
            "the environment's reset and step return.",
        )
    lost = ~np.isfinite(recording.transitions.native_reward)
    if lost.any():
        yield LintFinding(
            "error",
            where,
            "reward",
            f"the environment's own is not finite in step {_step_of(recording, lost)} of an episode. Give a number in "
            "every step, 0.0 where there is none.",
        )


def _lost(recording: Recording, before: np.ndarray, after: np.ndarray) -> str:
    """When values, ``(T*N, ...)`` before and after each transition, first are not finite; empty where they are."""
    unknown, lost = (~np.isfinite(values).all(axis=1) for values in (before, after))
    if (unknown & recording.begins).any():
        return "right after some resets"
    return f"in step {_step_of(recording, lost)} of an episode" if lost.any() else ""


def _step_of(recording: Recording, where: np.ndarray) -> int:
    """In which step of its episode, counted from 1, the first of the marked transitions is: ``(T*N,)`` bool."""
    at, env = np.argwhere(where.reshape(recording.fresh.shape))[0]
    ends = np.flatnonzero(recording.fresh[:at, env])
    return int(at - ends[-1]) if len(ends) else int(at) + 1


def _episodes(task: Task, where: str, recording: Recording) -> Iterator[LintFinding]:
    if recording.stopped is None:
        return
    lengths = _stopped_after(recording.stopped, recording.fresh, task.horizon)
    if lengths:
        yield LintFinding(
            "note",
            where,
            task.id,
            f"the environment ended {len(lengths)} of {recording.fresh.sum()} episodes of its own accord, the first "
            f"after {min(lengths)} of {task.horizon} steps. Episodes here end by time alone: it then stands still.",
        )


def _stopped_after(stopped: np.ndarray, fresh: np.ndarray, horizon: int) -> list[int]:
    """How many steps each episode took that ended before its time."""
    lengths = []
    for now, new in zip(stopped.T, fresh.T, strict=True):
        for episode in np.split(now, np.flatnonzero(new) + 1):
            if episode.any() and int(np.argmax(episode)) + 1 < horizon:
                lengths.append(int(np.argmax(episode)) + 1)
    return lengths


def _fields(task: Task, where: str, recording: Recording) -> Iterator[LintFinding]:
    moves, differs = _movement(recording)
    nothing_solved = not recording.transitions.success.any()
    for field in task.fields:
        columns = task.layout.columns(field.name)
        values = recording.transitions.state[:, columns]
        if at := _lost(recording, recording.transitions.prev[:, columns], values):
            yield LintFinding("error", where, field.name, f"is not finite {at}; a reward needs numbers.")
            continue
        yield from _varies(task, where, field.name, field.varies, moves[columns].max(), differs[columns].max())
        if field.varies == "never" and field.shape == () and not values.any() and nothing_solved:
            yield LintFinding(
                "warning",
                where,
                field.name,
                "is 0 throughout, and so is the success: nothing was solved under random actions, so it could not be "
                "seen whether this is the success. A reward must not see that; a constant says more in the scene.",
            )
        if field.dtype == "bool" and not np.isin(values, (0.0, 1.0)).all():
            yield LintFinding("error", where, field.name, "is declared bool but holds other values than 0 and 1.")
        if field.is_quaternion:
            yield from _quaternion(where, field.name, values, recording.initial[:, columns])


def judgements(task: Task, where: str, recording: Recording) -> Iterator[LintFinding]:
    """Fields that carry the success, the simulator's own reward or a part of it, and a success that nobody can miss."""
    known, moving = _known(recording), ~_stood_still(recording)
    observed = recording.observation[moving]
    for field in task.fields:
        values = recording.transitions.state[:, task.layout.columns(field.name)][moving]
        if not np.isfinite(values).all():
            continue
        # One coordinate of a position may well equal a distance to a goal that never moves.
        names = ("success", "reward") if field.is_place else tuple(known)
        for name in names:
            yield from _judged(where, field.name, values, observed, name, known[name][moving])
    if recording.transitions.success[: recording.fresh.shape[1]].all():
        yield LintFinding(
            "error",
            where,
            "success",
            "every episode is solved at its first step, whatever is done. Is it decided the wrong way round? What has "
            "to hold to the end is for a judge of whole episodes: run --judge FILE.",
        )


def _quaternion(where: str, name: str, values: np.ndarray, initial: np.ndarray) -> Iterator[LintFinding]:
    if np.abs(np.linalg.norm(values, axis=1) - 1).max() > 1e-3:
        yield LintFinding("error", where, name, "is a quaternion whose length is not 1.")
    if np.abs(initial[:, 0]).max() < 0.1 and np.abs(initial[:, 3]).min() > 0.9:
        yield LintFinding(
            "note",
            where,
            name,
            "its last number is about 1 when episodes start, and its first about 0. Quaternions are wxyz here; where "
            "it comes as xyzw, take its entries [3, 0, 1, 2].",
        )


def _judged(
    where: str, name: str, values: np.ndarray, observed: np.ndarray, judgement: str, known: np.ndarray
) -> Iterator[LintFinding]:
    """Whether a field is a judgement, or has a number that goes as one: a height goes as a reward for lifting does."""
    carrying = [k for k, column in enumerate(values.T) if _same_up_to_scale(column, known)]
    if not carrying:
        return
    others = [column for k, column in enumerate(values.T) if k not in carrying and np.ptp(column) > _STILL]
    seen = all((observed == values[:, [k]]).all(axis=0).any() for k in carrying)
    if judgement == "success" or not (others or seen):
        whole = "" if judgement == "success" else " Where it is part of a state, such as a position, declare all of it."
        said = f"carries the simulator's {judgement}; a reward must not see it. Drop it.{whole}"
        yield LintFinding("error", where, name, said)
        return
    which = f"its number {carrying[0]}, counted from 0, goes" if len(values.T) > 1 else "it goes"
    yield LintFinding(
        "warning",
        where,
        name,
        f"{which} as the simulator's {judgement} does. Keep it where it is a state of the robot or of a thing; drop it "
        "where it is a judgement.",
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
            "warning",
            where,
            name,
            f"{said} under random actions. If nothing the robot does can change it, declare varies={found!r}; "
            "otherwise leave it, or correct its source.",
        )
    else:
        yield LintFinding("error", where, name, f"{said}; declare varies={found!r}, or correct its source.")


def _movement(recording: Recording) -> tuple[np.ndarray, np.ndarray]:
    """Per state column: the largest change within an episode, and between episodes' starts."""
    transitions = recording.transitions
    moves = np.abs(transitions.state - transitions.prev).max(axis=0)
    return moves, np.ptp(transitions.prev[recording.begins], axis=0)


def _stood_still(recording: Recording) -> np.ndarray:
    """Transitions of environments that had ended their episode before, ``(T*N,)`` bool: they judge nothing anew."""
    still = np.zeros(recording.fresh.shape, dtype=bool)
    if recording.stopped is not None:
        still[1:] = (recording.stopped & ~recording.fresh)[:-1]
    return still.reshape(-1)


def _known(recording: Recording) -> dict[str, np.ndarray]:
    """What the simulator itself says of each transition: its success, its reward and the parts of it, ``(T*N,)``."""
    known = {name: part.reshape(-1) for name, part in recording.native_parts.items()}
    known["success"] = recording.transitions.success.astype(np.float64)
    known["reward"] = recording.transitions.native_reward
    return known


def _same_up_to_scale(column: np.ndarray, judgement: np.ndarray) -> bool:
    known = np.isfinite(judgement)
    if not known.any():
        return False
    x, y = (each[known] - each[known].mean(dtype=np.float64) for each in (column, judgement))
    spread = np.sqrt((x**2).sum() * (y**2).sum())
    return bool(spread > 1e-9 and ((x * y).sum() / spread) ** 2 > _SAME_UP_TO_SCALE)
