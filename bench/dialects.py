"""What a reward costs in each style it may be written in, and whether policies learn the same from it.

The programs are twins (bench/twins/WORLD/TASK/STYLE.py): each task's three pay the same for every transition, to
rounding. Without --train: the time of one call, locked away as in a training, measured in one run, and as a multiple of
the native twin's. With --train: one training with each twin, the held-out success, and the difference to the native
twin's with its 95% interval (Newcombe 1998, method 10). Resumable: finished trainings in the folder are not done again.

    python bench/dialects.py [--rows 2048] [TASK ...]
    python bench/dialects.py --train [--seed 0] [--runs-dir runs/bench-dialects] [TASK ...]
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

os.environ["MUJOCO_GL"] = "disabled"  # no videos

import numpy as np
from machine import about
from resumable import earlier, finished

from text2reward.envs import get_task
from text2reward.envs.transitions import Transitions, random_policy, record
from text2reward.errors import UserError
from text2reward.record.reader import Run
from text2reward.sandbox.dialects import DIALECTS
from text2reward.sandbox.reward_server import RewardServer

TWINS = Path(__file__).parent / "twins"
TRAINED = ("metaworld/window-close-v3", "metaworld/drawer-open-v3", "metaworld/button-press-v3", "fetch/Reach")
STYLES = tuple(DIALECTS)


def twins() -> list[str]:
    """The tasks that there are twins for."""
    return sorted(str(path.parent.relative_to(TWINS)) for path in TWINS.glob("*/*/native.py"))


def program(task: str, style: str) -> Path:
    """Where a twin lies."""
    return TWINS / task / f"{style}.py"


def bank(name: str, rows: int) -> Transitions:
    """Transitions of random behaviour, repeated until there are enough."""
    task = get_task(name)
    simulator = task.make_training(16)
    policy = random_policy(task, 16, np.random.default_rng(0))
    some = record(simulator, policy, 64, list(range(16))).transitions
    simulator.close()
    return some.rows(np.resize(np.arange(len(some)), rows))


def call_s(server: RewardServer, name: str, style: str, part: Transitions, calls: int) -> float:
    """The median time of a call, after a few to warm up."""
    task = get_task(name)
    process = server.process(task.layout, task.action.size, len(part), dialect=style)
    process.load(program(name, style).read_text())
    times = []
    for _ in range(calls + 2):
        began = time.perf_counter()
        process(part.prev, part.action, part.state)
        times.append(time.perf_counter() - began)
    process.close()
    return statistics.median(times[2:])


def costs(names: Sequence[str], rows: int, calls: int) -> None:
    """The table of times."""
    server = RewardServer()
    print(server.lock().line)
    print(f"one call of {rows:,} rows, median of {calls}")
    print(f"{'task':28}" + "".join(f"{style + ', ms':>18}{'of native':>11}" for style in STYLES))
    shares: dict[str, list[float]] = {style: [] for style in STYLES}
    for name in names:
        try:
            part = bank(name, rows)
        except UserError as error:
            print(f"{name:28} {error}")
            continue
        times = {style: call_s(server, name, style, part, calls) for style in STYLES}
        for style in STYLES:
            shares[style].append(times[style] / times["native"])
        print(f"{name:28}" + "".join(f"{t * 1e3:>18.2f}{t / times['native']:>10.1f}x" for t in times.values()))
    print(f"{'geometric mean':28}" + "".join(f"{'':18}{statistics.geometric_mean(shares[s]):>10.1f}x" for s in STYLES))


def key(run: Run) -> tuple[str, str]:
    """What a run is known by: task and style."""
    return run.started.task, Path(str(run.config["program"])).stem


def trainings(names: Sequence[str], seed: int, runs_dir: Path) -> None:
    """The table of successes."""
    from text2reward.training.statistics import Rate, difference

    print(f"{'task':28}{'style':14}{'steps':>10}  success [95%]        less the native twin's [95%]")
    runs = earlier(runs_dir, key, seed=seed)
    for name in names:
        native: Rate | None = None
        for style in STYLES:
            settings = {"env": name, "model": "program", "program": str(program(name, style)), "seed": seed}
            run = finished(runs.get((name, style)), **settings, candidates=1, rounds=1, repairs=0, runs_dir=runs_dir)
            if run.held_out is None:
                print(f"{name:28}{style:14} no policy")
                continue
            rate = Rate(run.held_out.success.k, run.held_out.success.n)
            native = native or rate
            apart = difference(rate, native)
            against = "" if style == "native" else f"{apart.value:+.2f} [{apart.low:+.2f}, {apart.high:+.2f}]"
            print(f"{name:28}{style:14}{run.sim_steps:>10,}  {rate!s:20} {against}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*")
    parser.add_argument("--rows", type=int, default=2_048)
    parser.add_argument("--calls", type=int, default=20, help="calls for each figure")
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs-dir", type=Path, default=Path("runs/bench-dialects"))
    arguments = parser.parse_args()
    print(about())
    if arguments.train:
        trainings(arguments.tasks or TRAINED, arguments.seed, arguments.runs_dir)
    else:
        costs(arguments.tasks or twins(), arguments.rows, arguments.calls)


if __name__ == "__main__":
    main()
