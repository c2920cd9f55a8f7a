"""How closely EnvPool follows the packages it was written after: Meta-World's and Fetch's.

Each episode of EnvPool is started again in the package from where EnvPool's first state says it started, and the same
actions are played in both. Prints, per task: the largest difference of any compared state entry at the start, the
median over episodes of each episode's largest difference, the largest of all, and how many episodes had the same
outcome. Tasks that EnvPool has wrong train in the package; they are left out.

    python bench/parity.py [--world fetch] [--episodes 50]
"""

from __future__ import annotations

import argparse
import os
import warnings

os.environ.setdefault("MUJOCO_GL", "disabled")
warnings.simplefilter("ignore")

from text2reward.envs import fetch, metaworld
from text2reward.envs.fetch import parity as fetch_parity
from text2reward.envs.metaworld import parity as metaworld_parity
from text2reward.envs.parity import SAME_OUTCOME, compare

WORLDS = {"metaworld": (metaworld.TASKS, metaworld_parity), "fetch": (fetch.TASKS, fetch_parity)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--world", choices=WORLDS, default="metaworld")
    parser.add_argument("--episodes", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    tasks, world = WORLDS[arguments.world]
    print(
        f"{'task':34} {'actions':7} {'start':>8} {'typical':>8} {'largest':>8}  solved (EnvPool, package)  same outcome"
    )
    within = True
    for task in (task for task in tasks if task.reference is not None):
        for actions in ("random", "expert") if task.expert else ("random",):
            p = compare(task, world.begin, actions, arguments.episodes, arguments.seed)
            if actions == "expert":
                within &= min(p.success) >= SAME_OUTCOME * p.episodes
            within &= p.typical <= world.TOLERANCE[actions] and p.agree >= SAME_OUTCOME * p.episodes
            print(
                f"{p.task:34} {p.actions:7} {p.start:8.4f} {p.typical:8.4f} {p.largest:8.4f}  "
                f"{p.success[0]:3} {p.success[1]:3} of {p.episodes:3}{'':13} {p.agree:3} of {p.episodes}",
                flush=True,
            )
    stated = ", ".join(f"{value} under {name} actions" for name, value in world.TOLERANCE.items())
    shares = f"the same outcome and the expert's success in {SAME_OUTCOME:.0%} of the episodes"
    print(f"stated tolerance: typical within {stated}, and {shares}: {'holds' if within else 'BROKEN'}")


if __name__ == "__main__":
    main()
