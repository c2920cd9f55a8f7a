"""How soon PPO proves the target under different settings, with the composer's first program or the expert reward.

Prints, per setting: simulator steps until the target is proved on each task, mean over seeds (a training that does not
prove it counts as the whole budget), and the geometric mean over tasks. The defaults were chosen with it.

    python bench/ppo_settings.py [--seeds 2] [--reward expert] [--steps 300000] [n_envs=16,n_steps=32 ...] [--tasks ...]
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from machine import about

from text2reward.agent.composer.sample import first_plans
from text2reward.agent.composer.world import understand
from text2reward.agent.composer.writer import write_program
from text2reward.agent.parallel import in_order
from text2reward.envs import Task, get_task
from text2reward.training.settings import PPOSettings, TrainSettings
from text2reward.training.workers import Workers

TASKS = ["window-close", "door-unlock", "button-press", "window-open", "drawer-open"]
SETTINGS = [
    "",
    "n_steps=32,batch_size=512",
    "n_steps=8,batch_size=256",
    "n_steps=8,batch_size=128",
    "gae_lambda=0.9",
    "n_envs=16,n_steps=32",
    "n_steps=64,batch_size=512,gamma=0.97",
]


def changed(text: str) -> PPOSettings:
    """The defaults with the named values changed."""
    values: dict[str, Any] = {}
    for part in filter(None, text.split(",")):
        name, value = part.split("=")
        values[name] = type(getattr(PPOSettings(), name))(value)
    return replace(PPOSettings(), **values)


def composed(task: Task) -> str:
    """The composer's first program for the task."""
    world = understand(task.fields, task.instruction, task.action.size)
    plan, _ = next(iter(first_plans(world, np.random.default_rng(0))))
    return write_program(plan, world, task.instruction)


def steps_to_target(name: str, reward: str, ppo: PPOSettings, seed: int, steps: int, folder: Path) -> int | None:
    """Simulator steps of one training; None when the target was not proved."""
    asked = f"metaworld/{name}-v3"
    task = get_task(asked)
    settings = TrainSettings(sim_steps=steps, ppo=ppo)
    expert = reward == "expert"
    program = reward if expert else composed(task)
    outcome = Workers(task, asked).train(program, settings, seed, (1,), folder, lambda point: None, builtin=expert)
    return outcome.sim_steps if outcome.reason == "target" else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("settings", nargs="*", default=SETTINGS)
    parser.add_argument("--tasks", nargs="+", default=TASKS)
    parser.add_argument("--reward", choices=["composer", "expert"], default="composer")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=300_000)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    print(about())
    print(f"{'setting':40}" + "".join(f"{name:>19}" for name in arguments.tasks) + f"{'mean':>10}")
    jobs = list(itertools.product(arguments.settings, arguments.tasks, range(arguments.seeds)))
    with tempfile.TemporaryDirectory() as root:

        def run(job: tuple[str, str, int]) -> int | None:
            text, name, seed = job
            folder = Path(root) / f"{text or 'default'}-{name}-{seed}"
            return steps_to_target(name, arguments.reward, changed(text), seed, arguments.steps, folder)

        results = iter(in_order(run, jobs, arguments.jobs))
        for text in arguments.settings:
            cells, means = [], []
            for _ in arguments.tasks:
                steps = [next(results) for _ in range(arguments.seeds)]
                means.append(np.mean([arguments.steps if s is None else s for s in steps]))
                cells.append("  ".join("-" if s is None else f"{s // 1000}k" for s in steps))
            mean = float(np.exp(np.mean(np.log(means))))
            print(f"{text or 'default':40}" + "".join(f"{cell:>19}" for cell in cells) + f"{mean:10,.0f}", flush=True)


if __name__ == "__main__":
    main()
