"""Whole runs of the composer with default settings, on the ten published tasks unless others are named.

Prints, per task: held-out success with its interval, the round and candidate that won, simulator steps of the winner
and of the whole run, and wall time. Resumable: finished runs in the folder are not run again.

    python bench/composer.py [--seed 0] [--runs-dir runs/bench-composer] [TASK ...]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from expert_reward import TASKS
from machine import about
from resumable import earlier, finished

from text2reward.record.reader import Run
from text2reward.record.verdict import shares


def line(run: Run) -> str:
    """One line of the table."""
    total = run.sim_steps
    name = run.started.task.removeprefix("metaworld/")
    if run.best is None or run.held_out is None or run.best.training is None:
        return f"{name:22} no policy"
    return (
        f"{name:22} {shares(run.held_out.success):>17} {run.best.id:>6} {run.best.training.sim_steps:9,} {total:11,} "
        f"{run.finished.wall_s if run.finished else 0:7.0f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", default=TASKS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs-dir", type=Path, default=Path("runs/bench-composer"))
    arguments = parser.parse_args()
    print(about())
    print(f"{'task':22} {'held-out success':>17} {'winner':>6} {'its steps':>9} {'all steps':>11} {'s':>7}")
    known = earlier(arguments.runs_dir, lambda run: run.started.task, seed=arguments.seed)
    solved = 0
    for name in arguments.tasks:
        task = name if "/" in name else f"metaworld/{name}-v3"
        run = finished(known.get(task), env=task, seed=arguments.seed, runs_dir=arguments.runs_dir)
        solved += run.held_out is not None and run.held_out.success.value >= 0.9
        print(line(run), flush=True)
    print(f"{solved} of {len(arguments.tasks)} tasks at 90% or more")


if __name__ == "__main__":
    main()
