"""The simulator's own reward on the ten published tasks: does the trainer solve them with it?

Prints, per task: simulator steps and seconds until the policy has proved a success of 90% on the select episodes, or
until the steps were used up, and its success on 50 held-out episodes in the reference simulator. One seed, one training
at a time per core.

    python bench/expert_reward.py [TASK ...] [--seed 0] [--steps 600000] [--ppo n_steps=64,batch_size=512,gamma=0.97]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from machine import about
from ppo_settings import changed

from text2reward.agent.parallel import in_order
from text2reward.envs import get_task
from text2reward.record.curves import CurvePoint
from text2reward.training.evaluate import success_rate
from text2reward.training.seeds import episode_seeds
from text2reward.training.settings import TrainSettings
from text2reward.training.workers import Reward, Workers

TASKS = (
    "drawer-close drawer-open button-press door-close door-unlock window-open window-close handle-press "
    "handle-press-side sweep-into"
).split()
EPISODES = 50


def measure(name: str, settings: TrainSettings, seed: int, reward: Reward, folder: Path) -> str:
    """One training; a line of the table."""
    asked = f"metaworld/{name}-v3"
    workers = Workers(get_task(asked), asked)
    at: list[float] = []

    def told(_: CurvePoint) -> None:
        at.append(time.perf_counter())

    outcome = workers.train(reward, settings, seed, (1,), folder / name, told, builtin=True)
    judged = success_rate(workers.judge(folder / name, episode_seeds(seed, "held-out", EPISODES)))
    proved = "proved" if outcome.reason == "target" else "not proved"
    return f"{name:20} {outcome.sim_steps:9,} {at[-1] - at[0]:6.0f}  {judged} of {EPISODES} ({proved})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", default=TASKS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--steps", type=int, default=600_000)
    parser.add_argument("--reward", choices=["expert", "success"], default="expert")
    parser.add_argument("--ppo", default="", help="PPO settings that differ from the defaults, name=value,...")
    arguments = parser.parse_args()
    settings = TrainSettings(sim_steps=arguments.steps, ppo=changed(arguments.ppo))
    print(about())
    print(f"reward: {arguments.reward}; PPO settings: {arguments.ppo or 'default'}; seed {arguments.seed}")
    print(f"{'task':20} {'steps':>9} {'s':>6}  held-out success in the reference")
    with tempfile.TemporaryDirectory() as folder:
        lines = in_order(
            lambda name: measure(name, settings, arguments.seed, arguments.reward, Path(folder)),
            arguments.tasks,
            arguments.jobs,
        )
        for line in lines:
            print(line, flush=True)


if __name__ == "__main__":
    main()
