"""text2reward: from one sentence to a trained robot policy and a readable reward program.

import text2reward

run = text2reward.run("Close the window.", env="metaworld/window-close-v3")
print(run.best.program, run.held_out.success)

run = text2reward.load("runs/2026-11-21-window-close-v3-1a2b")
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from text2reward.record.reader import Run

__all__ = ["load", "resume", "run"]

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


def resume(folder: str | PathLike[str], *, display: DisplayName = "none") -> Run:
    """Go on with an interrupted run and return it finished; a finished run is returned as it is."""
    from text2reward.agent import run as runs

    return _shown(lambda watch: runs.resume(Path(folder), watch), display)


def load(run: str | PathLike[str], *, runs_dir: str | PathLike[str] = "runs") -> Run:
    """Read a run: its candidates, programs, curves, findings and results.

    Args:
        run: its folder, its name or a unique part of it, or ``latest``.
        runs_dir: where runs lie.

    Raises:
        RecordError: there is no such run, or its record is broken.
    """
    from text2reward.record.reader import find_run
    from text2reward.record.reader import load as read

    return read(find_run(str(run), Path(runs_dir)))


def _shown(go: Any, display: DisplayName) -> Run:
    from text2reward.terminal.displays import make_display, watching

    shown = make_display(display)
    try:
        finished: Run = go(watching(shown))
    finally:
        shown.close()
    return finished
