"""What a world costs: simulator steps a second here, against the simulator used bare, in one run.

Both step as many environments as a training does, one for ManiSkill, with the same random actions for whole episodes,
resets included, in turns; processor time counts, so that what else the machine does does not. A ratio of 1 means that
fields and checks are free.

    python bench/envs.py envpool|maniskill [--seconds 2] [--tasks Hopper-v5 PickCube-v1 ...]
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

from text2reward.envs import Task, all_tasks
from text2reward.errors import UserError
from text2reward.training.settings import PPOSettings

Episode = Callable[[int, np.ndarray], None]
"""Plays one episode from a seed with ``(T, N, A)`` actions."""

Contender = tuple[Task, int, Callable[[], Episode]]
"""A task, how many environments step together, and what makes the bare simulator's player."""

TURNS = 5


def ours(task: Task, num_envs: int) -> Episode:
    """The task as it is trained in."""
    simulator = task.make_training(num_envs)
    simulator.reset(range(num_envs))  # afterwards, episodes follow each other without being asked for, as in a training

    def play(seed: int, actions: np.ndarray) -> None:
        for action in actions:
            simulator.step(action)

    return play


def envpool() -> Iterator[Contender]:
    """EnvPool's pools as they are, in one thread."""
    import envpool as package

    from text2reward.envs.envpool_simulator import EnvPoolSimulator

    num_envs = PPOSettings().n_envs

    def bare(task: Task) -> Episode:
        how = task.training(task, 1)._how
        pool = package.make(
            how.id,
            env_type="gymnasium",
            num_envs=num_envs,
            num_threads=1,
            seed=list(range(num_envs)),
            max_episode_steps=task.horizon * task.action_repeat,
            **how.options,
        )
        pool.reset()

        def play(seed: int, actions: np.ndarray) -> None:
            for action in actions:
                for _ in range(task.action_repeat):
                    pool.step(action)

        return play

    seen = set()
    for task in all_tasks().values():
        if task.twin == "envpool" and isinstance(simulator := task.training(task, 1), EnvPoolSimulator):
            if simulator._how.id not in seen:
                yield task, num_envs, lambda task=task: bare(task)
            seen.add(simulator._how.id)


def maniskill() -> Iterator[Contender]:
    """ManiSkill's environments as ``gymnasium.make`` gives them: state observation, dense reward, no renderer."""
    from text2reward.envs.maniskill import TASKS, package
    from text2reward.envs.maniskill.unseen import unseen

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
                env.step(action[0])

        return play

    for task in TASKS:
        try:
            task.check_needs()
        except UserError:
            continue
        yield task, 1, lambda task=task: bare(task)


SECTIONS: dict[str, tuple[Callable[[], Iterator[Contender]], float]] = {
    "envpool": (envpool, 0.9),
    "maniskill": (maniskill, 0.95),
}
"""What is compared, and the ratio that is wanted at least."""


def rate(play: Episode, task: Task, num_envs: int, seconds: float, rng: np.random.Generator) -> float:
    """Simulator steps a second of processor time."""
    steps, spent = 0, 0.0
    while spent < seconds:
        shape = (task.horizon, num_envs, task.action.size)
        actions = rng.uniform(task.action.low, task.action.high, shape).astype(np.float32)
        began = time.process_time()
        play(int(rng.integers(2**31 - 1)), actions)
        spent += time.process_time() - began
        steps += task.horizon * task.action_repeat * num_envs
    return steps / spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("section", choices=SECTIONS)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each turn; there are five of each kind")
    parser.add_argument("--tasks", nargs="*", default=[], help="names without the world; all unless given")
    arguments = parser.parse_args()
    print(about())
    print(f"{'task':32} {'bare':>8} {'ours':>8} {'ratio':>6}   (simulator steps/s of processor time, medians)")
    ratios = []
    contenders, goal = SECTIONS[arguments.section]
    for task, num_envs, make_bare in contenders():
        if arguments.tasks and task.id.split("/")[1] not in arguments.tasks:
            continue
        players = (make_bare(), ours(task, num_envs))
        rates: tuple[list[float], list[float]] = ([], [])
        for turn in range(TURNS + 1):
            for player, found in zip(players, rates, strict=True):
                measured = rate(
                    player, task, num_envs, arguments.seconds if turn else 0.01, np.random.default_rng(turn)
                )
                if turn:  # the first turn warms up
                    found.append(measured)
        base, here = (statistics.median(found) for found in rates)
        ratios.append(here / base)
        print(f"{task.id:32} {base:8,.0f} {here:8,.0f} {here / base:6.2f}", flush=True)
    print(f"geometric mean of the ratios {statistics.geometric_mean(ratios):.2f} (goal: at least {goal})")


if __name__ == "__main__":
    main()
