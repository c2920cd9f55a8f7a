"""text2reward: from one sentence to a trained robot policy and a readable reward program.

import text2reward

run = text2reward.run("Close the window.", env="metaworld/window-close-v3")
print(run.best.program, run.held_out.success)

run = text2reward.load("runs/2026-11-21-window-close-v3-1a2b")
actions = run.best.policy(observations)
env = text2reward.wrap(gymnasium_env, run.best)
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import gymnasium

    from text2reward.envs.task import Task
    from text2reward.notebook.run import Run
    from text2reward.record.candidate import Candidate
    from text2reward.record.reader import Run as RecordedRun
    from text2reward.sandbox.reading import FieldSource
    from text2reward.sandbox.wrapper import ProgramWrapper

__all__ = ["export", "load", "resume", "run", "wrap"]

DisplayName = Literal["auto", "live", "plain", "json", "none"]


def run(
    instruction: str | None = None,
    *,
    env: str,
    runs_dir: str | PathLike[str] = "runs",
    display: DisplayName = "none",
    **settings: Any,
) -> Run:
    """Write reward programs for one sentence, train policies with them, and return the finished run.

    Args:
        instruction: what the robot shall do; the task's own sentence when None.
        env: the task, for example ``metaworld/window-close-v3``.
        runs_dir: where the run's folder is made.
        display: how progress is shown on standard error.
        settings: everything else that ``text2reward run --help`` lists, with underscores: ``model="composer"``,
            ``candidates=4``, ``rounds=3``, ``seed=0``, ``ppo={"gamma": 0.99}``, ``algo="sac"``.

    Raises:
        UserError: something asked for does not exist or cannot be had.
        RunInterrupted: the run was interrupted; :func:`resume` goes on with it.
    """
    from text2reward.agent import run as runs
    from text2reward.agent.config import config_for

    config = config_for(instruction, {"env": env, **settings})
    return _shown(lambda watch: runs.start(config, Path(runs_dir), watch), display)


def resume(folder: str | PathLike[str], *, display: DisplayName = "none", **limits: Any) -> Run:
    """Go on with an interrupted run and return it finished; a finished run is returned as it is.

    Args:
        folder: the run's.
        display: how progress is shown on standard error.
        limits: ``max_cost``, ``max_tokens``, ``max_steps``, ``max_hours`` or ``price`` in place of what the run has; a
            run that a budget ended goes on with a larger one.

    Raises:
        UserError: a limit is none, or the run cannot be read.
    """
    from text2reward.agent import run as runs

    return _shown(lambda watch: runs.resume(Path(folder), watch, changes=limits), display)


def load(run: str | PathLike[str], *, runs_dir: str | PathLike[str] = "runs") -> Run:
    """Read a run: its candidates with their programs, terms, policies and plots, its findings and results.

    The record is read at once, everything else when it is asked for. A notebook shows runs, candidates, tables of terms
    and plots.

    Args:
        run: its folder, its name or a unique part of it, or ``latest``.
        runs_dir: where runs lie.

    Raises:
        RecordError: there is no such run, or its record is broken.
    """
    from text2reward.notebook.run import Run
    from text2reward.record.reader import find_run
    from text2reward.record.reader import load as read

    return Run.of(read(find_run(str(run), Path(runs_dir))))


def export(run: RecordedRun, to: str | PathLike[str], *, candidate: str | None = None) -> Path:
    """Write a run's reward, policy and a card into a folder that works without this package; returns the folder.

    Args:
        run: a finished run.
        to: the folder, which must not exist yet or be empty.
        candidate: which one; the winner when None.

    Raises:
        UserError: there is nothing to export, something is missing, or the folder cannot be taken.
    """
    from text2reward.exporting.write import export as write

    write(run, Path(to), candidate)
    return Path(to)


def wrap(
    env: gymnasium.Env[Any, Any],
    program: str | Path | Candidate | RecordedRun,
    *,
    fields: Mapping[str, FieldSource] | None = None,
    task: str | Task | None = None,
    constants: Mapping[str, float] | None = None,
    locked: bool = True,
    sandbox: Literal["auto", "strict", "off"] = "auto",
) -> ProgramWrapper:
    """Put a program's reward on a Gymnasium environment that has its fields.

    Each step's ``info`` has ``reward_terms``, the terms by name, and ``original_reward``, the environment's own.

    Args:
        env: a single environment.
        program: its text, a file, a candidate, or a run, which stands for its winner.
        fields: name -> where it comes from: indexes into the observation (``slice(0, 3)``), ``obs["key"][0:3]`` and
            ``info["key"]`` of :mod:`text2reward.envs`, or a function of environment, observation and ``info``.
        task: a task whose fields are read in place of ``fields``; that of the run when neither is given.
        constants: numbers that go with ``fields``, for programs in another system's style; ``dt`` is known where the
            environment says it.
        locked: whether the program runs in a process of its own, locked away. Without, it runs here, with all rights.
        sandbox: how it is locked, as for ``--sandbox``.

    Raises:
        UserError: the program reads a field that there is not, or cannot be used for another reason.
    """
    from text2reward.sandbox.wrapper import wrap as wrapped

    return wrapped(env, program, fields=fields, task=task, constants=constants, locked=locked, sandbox=sandbox)


def _shown(go: Any, display: DisplayName) -> Run:
    from text2reward.notebook.run import Run
    from text2reward.terminal.displays import make_display, watching

    shown = make_display(display)
    try:
        finished = go(watching(shown))
    finally:
        shown.close()
    return Run.of(finished)
