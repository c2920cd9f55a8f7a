"""How closely EnvPool's Meta-World follows the ``metaworld`` package.

Each episode of EnvPool is started again in the package from the random vector that EnvPool's first state implies, and
the same actions are played in both. Prints, per task: the largest difference of any state entry at the start, the
median over episodes of each episode's largest difference, the largest of all, and how many episodes had the same
outcome. Tasks that EnvPool has wrong train in the package; they are left out.

    python bench/parity.py [--episodes 50]
"""

from __future__ import annotations

import argparse
import os
import warnings

os.environ.setdefault("MUJOCO_GL", "disabled")
warnings.simplefilter("ignore")

from text2reward.envs.metaworld import TASKS
from text2reward.envs.metaworld.parity import SAME_OUTCOME, TOLERANCE, compare


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--episodes", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(
        f"{'task':34} {'actions':7} {'start':>8} {'typical':>8} {'largest':>8}  solved (EnvPool, package)  same outcome"
    )
    within = True
    for task in (task for task in TASKS if task.reference is not None):
        for actions in ("random", "expert"):
            p = compare(task, actions, arguments.episodes, arguments.seed)
            if actions == "expert":
                within &= min(p.success) >= SAME_OUTCOME * p.episodes
            within &= p.typical <= TOLERANCE[actions] and p.agree >= SAME_OUTCOME * p.episodes
            print(
                f"{p.task:34} {p.actions:7} {p.start:8.4f} {p.typical:8.4f} {p.largest:8.4f}  "
                f"{p.success[0]:3} {p.success[1]:3} of {p.episodes:3}{'':13} {p.agree:3} of {p.episodes}",
                flush=True,
            )
    stated = ", ".join(f"{value} m under {name} actions" for name, value in TOLERANCE.items())
    shares = f"the same outcome and the expert's success in {SAME_OUTCOME:.0%} of the episodes"
    print(f"stated tolerance: typical within {stated}, and {shares}: {'holds' if within else 'BROKEN'}")


if __name__ == "__main__":
    main()
