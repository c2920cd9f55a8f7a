"""What locking a reward program away costs.

Prints, each measured in one run: the time of one call at several numbers of rows, in the locked process and as the same
function called in this one; the time from asking for a process until it is locked and ready; and the share of a whole
training (with default settings) that went into asking for rewards. The program is the composer's first.

    python bench/sandbox_overhead.py [--calls 200] [--seconds 20] [--sandbox auto|strict|off]
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import torch
from machine import about
from ppo_throughput import SETTINGS, ours

from text2reward.agent.composer.plan import Plan
from text2reward.agent.composer.world import understand
from text2reward.agent.composer.writer import write_program
from text2reward.envs import Task, get_task
from text2reward.envs.transitions import Transitions, random_policy, record
from text2reward.sandbox.dialects.adapters import load_adapted
from text2reward.sandbox.reward_process import RewardProcess
from text2reward.sandbox.reward_server import RewardServer

ROWS = (1, 1_024, 16_384, 65_536)
TASK = "metaworld/window-close-v3"
STARTS = 30


def bank(task: Task, rows: int) -> Transitions:
    """Transitions of random behaviour, repeated until there are enough."""
    simulator = task.make_training(16)
    policy = random_policy(task, 16, np.random.default_rng(0))
    some = record(simulator, policy, 64, list(range(16))).transitions
    simulator.close()
    return some.rows(np.resize(np.arange(len(some)), rows))


def seconds_of(call: Callable[[], object], calls: int) -> float:
    """The median of ``calls`` calls, after a few to warm up."""
    for _ in range(5):
        call()
    times = []
    for _ in range(calls):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def in_process(source: str, task: Task, part: Transitions) -> Callable[[], object]:
    """The same program as a plain function here, with the same checks on what it returns."""
    program = load_adapted(source, "native", task.layout.to_json())
    prev, action, state = (torch.from_numpy(array) for array in (part.prev, part.action, part.state))

    def call() -> dict[str, np.ndarray]:
        with torch.no_grad():
            terms = program(prev, action, state)
        values = {name: term.numpy() for name, term in terms.items()}
        assert all(np.isfinite(value).all() for value in values.values())
        return values

    return call


def start(server: RewardServer, task: Task, rows: int) -> RewardProcess:
    """A locked process, ready for a program."""
    return server.process(task.layout, task.action.size, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=200, help="calls for each figure")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long to train for the share")
    parser.add_argument("--sandbox", choices=("auto", "strict", "off"), default="auto")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    task = get_task(TASK)
    server = RewardServer(arguments.sandbox)
    print(about())
    print(server.lock().line)

    source = write_program(Plan(), understand(task.fields, task.instruction, task.action.size), task.instruction)
    everything = bank(task, max(ROWS))
    process = start(server, task, max(ROWS))
    process.load(source)
    print(f"\n{'rows':>8}{'locked, ms':>12}{'in-process, ms':>16}{'difference, ms':>16}{'ratio':>8}")
    for rows in ROWS:
        part = everything.rows(slice(0, rows))
        calls = arguments.calls if rows < 10_000 else max(10, arguments.calls // 10)
        locked = seconds_of(lambda part=part: process(part.prev, part.action, part.state), calls)  # type: ignore[misc]
        plain = seconds_of(in_process(source, task, part), calls)
        print(
            f"{rows:>8,}{locked * 1e3:>12.3f}{plain * 1e3:>16.3f}{(locked - plain) * 1e3:>16.3f}{locked / plain:>8.2f}"
        )
    process.close()

    times = []
    for _ in range(STARTS):
        began = time.perf_counter()
        fresh = start(server, task, SETTINGS.n_envs * SETTINGS.n_steps)
        times.append(time.perf_counter() - began)
        fresh.close()
    print(
        f"\nfrom asking to locked and ready: {statistics.median(times) * 1e3:.1f} ms "
        f"(longest of {STARTS}: {max(times) * 1e3:.1f} ms)"
    )
    _, share, _ = ours(task, server, arguments.seconds)
    print(f"share of a training on {task.id}: {share:.2%}")


if __name__ == "__main__":
    main()
