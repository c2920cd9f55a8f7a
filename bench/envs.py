"""What a world costs: simulator steps a second here, against the simulator used bare, in one run.

Both step one environment with the same random actions for whole episodes, resets included, in turns; processor time
counts, so that what else the machine does does not. A ratio of 1 means that fields and checks are free.

    python bench/envs.py maniskill [--seconds 5] [--tasks PickCube-v1 ...]
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
from machine import about

from text2reward.envs import Task

Episode = Callable[[int, np.ndarray], None]
"""Plays one episode from a seed with ``(T, A)`` actions."""

TURNS = 5


def ours(task: Task) -> Episode:
    """The task as it is trained in, one environment."""
    simulator = task.make_training(1)

    def play(seed: int, actions: np.ndarray) -> None:
        if play.fresh:  # afterwards, episodes follow each other without being asked for, as in a training
            simulator.reset([seed])
            play.fresh = False
        for action in actions:
            simulator.step(action[None])

    play.fresh = True
    return play


def maniskill() -> Iterator[tuple[Task, Callable[[], Episode]]]:
    """ManiSkill's environments as ``gymnasium.make`` gives them: state observation, dense reward, no renderer."""
    from text2reward.envs.maniskill import TASKS, package
    from text2reward.envs.maniskill.unseen import unseen
    from text2reward.errors import UserError

    def bare(task: Task) -> Episode:
        import gymnasium

        how = task.training.__self__
        dense = "dense" in package.REGISTERED_ENVS[how.uid].cls.SUPPORTED_REWARD_MODES
        with unseen():
            env = gymnasium.make(
                how.uid,
                obs_mode="state",
                reward_mode="dense" if dense else "sparse",
                control_mode=how.control,
                sim_backend="physx_cpu",
                render_backend="none",
            )

        def play(seed: int, actions: np.ndarray) -> None:
            with unseen():
                env.reset(seed=seed)
            for action in actions:
                env.step(action)

        return play

    for task in TASKS:
        try:
            task.check_needs()
        except UserError:
            continue
        yield task, lambda task=task: bare(task)


SECTIONS: dict[str, Callable[[], Iterator[tuple[Task, Callable[[], Episode]]]]] = {"maniskill": maniskill}


def rate(play: Episode, task: Task, seconds: float, rng: np.random.Generator) -> float:
    """Simulator steps a second of processor time."""
    steps, spent = 0, 0.0
    while spent < seconds:
        actions = rng.uniform(task.action.low, task.action.high, (task.horizon, task.action.size)).astype(np.float32)
        began = time.process_time()
        play(int(rng.integers(2**31 - 1)), actions)
        spent += time.process_time() - began
        steps += task.horizon * task.action_repeat
    return steps / spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("section", choices=SECTIONS)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each turn; there are five of each kind")
    parser.add_argument("--tasks", nargs="*", default=[], help="names without the world; all unless given")
    arguments = parser.parse_args()
    print(about())
    print(f"{'task':32} {'bare':>8} {'ours':>8} {'ratio':>6}   (simulator steps/s of processor time, medians)")
    ratios = []
    for task, make_bare in SECTIONS[arguments.section]():
        if arguments.tasks and task.id.split("/")[1] not in arguments.tasks:
            continue
        players = (make_bare(), ours(task))
        rates: tuple[list[float], list[float]] = ([], [])
        for turn in range(TURNS + 1):
            for player, found in zip(players, rates, strict=True):
                measured = rate(player, task, arguments.seconds if turn else 0.0, np.random.default_rng(turn))
                if turn:  # the first turn warms up
                    found.append(measured)
        base, here = (statistics.median(found) for found in rates)
        ratios.append(here / base)
        print(f"{task.id:32} {base:8,.0f} {here:8,.0f} {here / base:6.2f}", flush=True)
    print(f"geometric mean of the ratios {statistics.geometric_mean(ratios):.2f} (goal: at least 0.95)")


if __name__ == "__main__":
    main()
