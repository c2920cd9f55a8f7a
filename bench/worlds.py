"""Every task with the simulator's own reward, with success alone, and with the composer, at one budget of steps.

Prints, per task: held-out success in the reference, and simulator steps until the target was proved, if it was. The
composer's search takes the budget as a whole, a third of it for a training at most; the other two are one training.
Resumable: finished runs in the folder are not run again.

    python bench/worlds.py [--steps 600000] [--seed 0] [--runs-dir runs/bench-worlds] [--report] [TASK or WORLD ...]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

os.environ["MUJOCO_GL"] = "disabled"  # no videos

from machine import about
from resumable import earlier, finished

from text2reward.envs import all_tasks
from text2reward.errors import UserError
from text2reward.record.reader import Run

WRITERS = ("expert", "success", "composer")
Key = tuple[str, str]
"""Task, and what wrote the reward."""


def shape(writer: str, steps: int) -> dict[str, int]:
    """The settings in which the three differ."""
    if writer == "composer":
        return {"candidates": 4, "rounds": 3, "steps": steps // 3, "max_steps": steps}
    return {"candidates": 1, "rounds": 1, "steps": steps, "max_steps": steps}


def key(run: Run) -> Key:
    """What a run is known by."""
    return run.started.task, run.started.model


def asked(names: Sequence[str]) -> Iterator[str]:
    """Ids of the tasks named, and of all tasks of the worlds named."""
    for name in names:
        of_world = [task for task in all_tasks() if task.startswith(f"{name}/")]
        yield from of_world or [name]


def cell(run: Run | None) -> str:
    """What is told of a run."""
    if run is None or not run.finished:
        return "-"
    if run.held_out is None:
        return "no policy"
    steps = f" {run.sim_steps // 1000}k" if run.solved else ""
    return f"{run.held_out.success.value:.0%}{steps}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", default=["metaworld"])
    parser.add_argument("--steps", type=int, default=600_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--writers", nargs="*", choices=WRITERS, default=WRITERS)
    parser.add_argument("--runs-dir", type=Path, default=Path("runs/bench-worlds"))
    parser.add_argument("--report", action="store_true", help="print what is there, and run nothing")
    arguments = parser.parse_args()
    print(about())
    print(f"{arguments.steps:,} simulator steps, seed {arguments.seed}; steps of all trainings where 90% was proved")
    print(f"{'task':36} {'expert':>12} {'success':>12} {'composer':>12}", flush=True)
    runs = earlier(arguments.runs_dir, key, max_steps=arguments.steps, seed=arguments.seed)
    solved = dict.fromkeys(WRITERS, 0)
    tasks = list(asked(arguments.tasks))
    for task in tasks:
        for writer in [] if arguments.report else arguments.writers:
            settings = {"env": task, "model": writer, "seed": arguments.seed, "runs_dir": arguments.runs_dir}
            try:
                runs[task, writer] = finished(runs.get((task, writer)), **settings, **shape(writer, arguments.steps))
            except UserError as error:  # the composer has no words for it, or the task has no reward of its own
                print(f"{task}, {writer}: {error}", flush=True)
        for writer in WRITERS:
            run = runs.get((task, writer))
            solved[writer] += run is not None and run.held_out is not None and run.held_out.success.value >= 0.9
        print(f"{task:36} " + " ".join(f"{cell(runs.get((task, writer))):>12}" for writer in WRITERS), flush=True)
    print(f"{'at 90% or more, of ' + str(len(tasks)):36} " + " ".join(f"{solved[each]:>12}" for each in WRITERS))


if __name__ == "__main__":
    main()
