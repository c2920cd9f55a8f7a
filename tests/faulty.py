"""The toy task in a simulator that breaks, in ways that simulators and machines do."""

from __future__ import annotations

import dataclasses
import os
import signal
import time
from functools import partial
from pathlib import Path

import numpy as np
import toy

from text2reward.envs import Snapshot, Task, Transition

STEP = 40
"""In which control step of a training the simulator breaks."""


def candidate() -> str:
    """Whose trainer this is; empty in any other process. A trainer's text goes into its candidate's folder."""
    try:
        log = Path(os.readlink("/proc/self/fd/1"))
    except OSError:
        return ""
    return log.parent.parent.name if log.name == "trainer.log" else ""


class FaultySimulator(toy.ToySimulator):
    """Breaks in the trainers of some candidates.

    Args:
        how: which fault.
        whom: candidates whose trainers meet it; None for all.
    """

    def __init__(self, task: Task, num_envs: int, how: str, whom: str | None) -> None:
        super().__init__(task, num_envs)
        self._how = how if candidate() and whom in (None, candidate()) else ""
        self._steps = 0

    def step(self, action: np.ndarray) -> Transition:
        moved = super().step(action)
        self._steps += 1
        return moved if self._steps != STEP else FAULTS.get(self._how, lambda moved: moved)(moved)


def _nan(moved: Transition) -> Transition:
    state = moved.reached.state.copy()
    state[2, 4] = np.nan
    return dataclasses.replace(moved, reached=Snapshot(moved.reached.observation, state))


def _blind(moved: Transition) -> Transition:
    observation = moved.start.observation.copy()
    observation[1, 0] = np.inf
    return dataclasses.replace(moved, start=Snapshot(observation, moved.start.state))


def _raises(moved: Transition) -> Transition:
    raise ValueError("the arm has left the world")


def _crashes(moved: Transition) -> Transition:
    os.kill(os.getpid(), signal.SIGSEGV)
    return moved


def _aborts(moved: Transition) -> Transition:
    os.abort()


def _leaves(moved: Transition) -> Transition:
    os._exit(3)


def _killed(moved: Transition) -> Transition:
    os.kill(os.getpid(), signal.SIGKILL)
    return moved


def _hangs(moved: Transition) -> Transition:
    time.sleep(10_000)
    return moved


def _hungry(moved: Transition) -> Transition:
    import resource

    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + (64 << 20), resource.RLIM_INFINITY))
    kept = [np.ones(1 << 20) for _ in range(1000)]  # 8 MB each
    assert kept
    return moved


FAULTS = {
    "nan": _nan,
    "blind": _blind,
    "raises": _raises,
    "crashes": _crashes,
    "aborts": _aborts,
    "leaves": _leaves,
    "killed": _killed,
    "hangs": _hangs,
    "hungry": _hungry,
}


def _task(how: str, whom: str | None) -> Task:
    return dataclasses.replace(
        toy.TASK, training=partial(FaultySimulator, how=how, whom=whom), reference=toy.ToySimulator
    )


for _how in FAULTS:
    globals()[f"{_how.upper()}_ONE"] = _task(_how, "r1c1")
    globals()[f"{_how.upper()}_ALL"] = _task(_how, None)
