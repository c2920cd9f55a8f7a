"""Whole searches with the composer under different methods, at one budget of simulator steps.

On tasks where success alone teaches nothing. Prints, per task and method: held-out success over the seeds, how many
seeds reached the target, simulator steps of the search until the first candidate proved it, and what screening refused,
saved, and, by training refused ones all the same, how often it was right. Then the differences of ``default`` to the
others, paired by task and seed, with 95% bootstrap intervals. Resumable: finished searches in the folder are not run
again.

    python bench/methods.py [--seeds 3] [--budget 1000000] [--runs-dir runs/bench-methods] [--report] [TASK ...]

A training takes at most a third of the budget under ``card``, which trains one at a time, and under ``default``, which
halves its rounds. Eureka's 16 candidates in 5 rounds would leave 12,500 steps for each, so it is run with 4 in 3 here,
and with an eighth of the budget for each: half of it is left for later rounds where nothing is proved early.
"""

from __future__ import annotations

import argparse
import itertools
import os
from collections.abc import Iterable
from pathlib import Path
from statistics import median

os.environ["MUJOCO_GL"] = "disabled"  # no videos

import numpy as np
from machine import about
from resumable import earlier, finished

from text2reward.record.events import Heat, Trained
from text2reward.record.reader import Run
from text2reward.training.statistics import Rate

TASKS = (
    "drawer-open",
    "window-close",
    "button-press",
    "sweep-into",
    "push",
    "faucet-open",
    "button-press-topdown",
    "plate-slide",
)
SHAPES = {"default": (4, 3), "card": (1, 3), "eureka": (4, 3)}
TRAININGS = {"default": 3, "card": 3, "eureka": 8}
"""Into how many trainings the budget is divided."""

RESAMPLES = 10_000


def key(run: Run) -> tuple[str, str, int]:
    """What a search is known by: task, method, seed."""
    return run.started.task, str(run.config["method"]), int(run.config["seed"])


def searched(runs_dir: Path, budget: int) -> dict[tuple[str, str, int], Run]:
    """The searches of earlier calls at this budget, finished or not."""
    runs = earlier(runs_dir, key, max_steps=budget)
    return {name: run for name, run in runs.items() if run.config["steps"] == budget // TRAININGS[name[1]]}


def search(task: str, method: str, seed: int, budget: int, runs_dir: Path, known: Run | None) -> Run:
    """One search, from its record where there is one."""
    candidates, rounds = SHAPES[method]
    return finished(
        known,
        env=task,
        method=method,
        seed=seed,
        candidates=candidates,
        rounds=rounds,
        steps=budget // TRAININGS[method],
        max_steps=budget,
        audit_screen=0.5,
        runs_dir=runs_dir,
    )


def steps_to_target(run: Run, budget: int) -> int:
    """Simulator steps of all trainings up to the first that proved the target; the budget where none did.

    Those of a heat count one after the other, in the order in which their programs were written.
    """
    ended: dict[str, list[Trained]] = {}
    for event in run.events(Trained):
        ended.setdefault(event.training, []).append(event)
    spent: dict[str, int] = {}
    begun = [f"{name}/s{heat.seed}" for heat in run.events(Heat) for name in heat.candidates]
    for training in begun or [f"{each.id}/s0" for each in run.candidates.values() if not each.audited]:
        if ended.get(training):
            event = ended[training].pop(0)
            spent[training] = event.sim_steps
            if event.reason == "target":
                return min(sum(spent.values()), budget)
    return budget


def success(run: Run) -> tuple[int, int]:
    """Held-out episodes solved, of how many."""
    return (run.held_out.success.k, run.held_out.success.n) if run.held_out else (0, int(run.config["held_out"]))


def line(task: str, method: str, runs: list[Run], budget: int) -> str:
    """One line of the table: all seeds of a task under a method."""
    solved = [success(run) for run in runs]
    rate = Rate(sum(k for k, _ in solved), sum(n for _, n in solved))
    reached = sum(run.solved for run in runs)
    steps = median(steps_to_target(run, budget) for run in runs)
    tallies = [run.screening for run in runs if run.screening is not None]
    refused = sum(tally.refused for tally in tallies)
    saved = sum(tally.sim_steps for tally in tallies)
    audited, right = sum(tally.audited for tally in tallies), sum(tally.right for tally in tallies)
    return (
        f"{task:22} {method:8} {rate.value:5.0%} [{rate.low:4.0%}-{rate.high:4.0%}] {reached:3} of {len(runs)} "
        f"{steps:11,.0f} {refused:8} {saved:10,} {right:6} of {audited}"
    )


def paired(values: Iterable[tuple[float, float]]) -> str:
    """Mean difference of pairs, with its 95% bootstrap interval."""
    differences = np.array([a - b for a, b in values])
    rng = np.random.default_rng(0)
    means = rng.choice(differences, (RESAMPLES, len(differences))).mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return f"{differences.mean():+.3f} [{low:+.3f}, {high:+.3f}] over {len(differences)} pairs"


def report(runs: dict[tuple[str, str, int], Run], budget: int) -> None:
    """The differences of ``default`` to the other methods."""
    for method in SHAPES:
        both = [(run, runs.get((task, method, seed))) for (task, name, seed), run in runs.items() if name == "default"]
        pairs = [(one, other) for one, other in both if other is not None and other.finished and one.finished]
        if method == "default" or not pairs:
            continue
        rates = [(k1 / n1, k2 / n2) for (k1, n1), (k2, n2) in ((success(a), success(b)) for a, b in pairs)]
        print(f"default - {method}: held-out success {paired(rates)}")
        logs = [(np.log2(steps_to_target(a, budget)), np.log2(steps_to_target(b, budget))) for a, b in pairs]
        print(f"default - {method}: doublings of the steps to the target {paired(logs)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", default=TASKS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--budget", type=int, default=1_000_000)
    parser.add_argument("--methods", nargs="*", default=list(SHAPES))
    parser.add_argument("--runs-dir", type=Path, default=Path("runs/bench-methods"))
    parser.add_argument("--report", action="store_true", help="print what is there, and run nothing")
    arguments = parser.parse_args()
    runs = searched(arguments.runs_dir, arguments.budget)
    for seed, task, method in itertools.product(range(arguments.seeds), arguments.tasks, arguments.methods):
        name = (f"metaworld/{task}-v3", method, seed)
        if not arguments.report:
            runs[name] = search(*name, arguments.budget, arguments.runs_dir, runs.get(name))
    print(about())
    print(f"composer, {arguments.budget:,} simulator steps a search, seeds 0 to {arguments.seeds - 1}")
    print(
        f"{'task':22} {'method':8} {'held-out success':>18} {'solved':>8} {'to target':>11} {'refused':>8} "
        f"{'saved':>10} {'right':>6}"
    )
    for task, method in itertools.product(arguments.tasks, arguments.methods):
        mine = [runs.get((f"metaworld/{task}-v3", method, seed)) for seed in range(arguments.seeds)]
        own = [run for run in mine if run is not None and run.finished]
        if own:
            print(line(task, method, own, arguments.budget))
    report({name: run for name, run in runs.items() if run.finished}, arguments.budget)


if __name__ == "__main__":
    main()
