"""PPO and SAC on the same tasks with the same reward: which takes fewer steps, and which less time?

Prints, per task and learner: simulator steps and seconds until the policy has proved a success of 90% on the select
episodes, or until the steps were used up, and its success on 50 held-out episodes in the reference simulator. Learners
are ``ppo`` and ``sac`` with their defaults, and ``text2reward``: SAC under that preset, for as many steps as it says.

    python bench/sac.py [TASK ...] [--learners ppo sac text2reward] [--program FILE] [--steps 300000] [--seed 0]
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from machine import about

from text2reward.agent.hyperparameters import recommended
from text2reward.agent.parallel import in_order
from text2reward.envs import get_task
from text2reward.training.evaluate import success_rate
from text2reward.training.seeds import episode_seeds
from text2reward.training.settings import PPOSettings, SACSettings, TrainSettings
from text2reward.training.workers import Workers

TASKS = "button-press drawer-close window-close drawer-open".split()
LEARNERS = ("ppo", "sac", "text2reward")
EPISODES = 50


def settings_of(learner: str, task: str, steps: int) -> TrainSettings:
    """What a learner trains a task with."""
    if learner == "ppo":
        usual = recommended(task)[1]
        assert isinstance(usual, PPOSettings)
        return TrainSettings(sim_steps=steps, ppo=usual)
    most, sac = recommended(task, "sac", "default" if learner == "sac" else "text2reward")
    assert isinstance(sac, SACSettings)
    settings = TrainSettings(sim_steps=steps, algo="sac", sac=sac)
    return settings if learner == "sac" else replace(settings, sim_steps=most)


def measure(name: str, learner: str, program: str | None, steps: int, seed: int, folder: Path) -> str:
    """One training; a line of the table."""
    asked = f"metaworld/{name}-v3"
    workers = Workers(get_task(asked), asked)
    workers.start()
    folder = folder / name / learner
    began: list[float] = []
    settings = settings_of(learner, asked, steps)
    outcome = workers.train(
        program or "expert",
        settings,
        seed,
        (1,),
        folder,
        lambda point: began.append(time.perf_counter()),
        builtin=program is None,
    )
    wall_s = time.perf_counter() - began[0]
    judged = success_rate(workers.judge(folder, episode_seeds(seed, "held-out", EPISODES)))
    proved = "proved" if outcome.reason == "target" else "not proved"
    return f"{name:16} {learner:12} {outcome.sim_steps:9,} {wall_s:7.0f}  {judged} of {EPISODES} ({proved})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", default=TASKS)
    parser.add_argument("--learners", nargs="+", choices=LEARNERS, default=LEARNERS)
    parser.add_argument("--program", type=Path, help="a reward program; the simulator's own reward unless given")
    parser.add_argument("--steps", type=int, default=300_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()
    program = arguments.program.read_text() if arguments.program else None
    print(about())
    print(f"reward: {arguments.program or 'expert'}; seed {arguments.seed}; {arguments.jobs} at once")
    print(f"{'task':16} {'learner':12} {'steps':>9} {'s':>7}  held-out success in the reference")
    pairs = list(itertools.product(arguments.tasks, arguments.learners))
    with tempfile.TemporaryDirectory() as folder:
        lines = in_order(
            lambda pair: measure(*pair, program, arguments.steps, arguments.seed, Path(folder)), pairs, arguments.jobs
        )
        for line in lines:
            print(line, flush=True)


if __name__ == "__main__":
    main()
