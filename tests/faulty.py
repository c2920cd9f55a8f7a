"""The toy task in a simulator that breaks while policies train, in the ways that simulators and machines do."""

from __future__ import annotations

import dataclasses
import os
import resource
import signal
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
import toy

from text2reward.envs import Snapshot, Task, Transition

STEP = 40
"""In which control step the simulator of a trainer breaks."""

MENDED = "mended"
"""Nothing breaks where a file of this name lies beside the run's folder."""


def trainer() -> Path | None:
    """The folder of the candidate whose trainer this is: a trainer's text goes into a file there."""
    try:
        log = Path(os.readlink("/proc/self/fd/1"))
    except OSError:
        return None
    return log.parent.parent if log.name == "trainer.log" else None


class FaultySimulator(toy.ToySimulator):
    """Breaks in the trainers of some candidates.

    Args:
        faults: how, by candidate; ``all`` for those that are not named.
    """

    def __init__(self, task: Task, num_envs: int, faults: Mapping[str, str]) -> None:
        super().__init__(task, num_envs)
        self._fault, self._steps = "", 0
        folder = trainer()
        if folder is not None and not (folder.parents[2] / MENDED).exists():
            self._fault = faults.get(folder.name, faults.get("all", ""))

    def step(self, action: np.ndarray) -> Transition:
        moved = super().step(action)
        self._steps += 1
        return FAULTS[self._fault](moved) if self._fault and self._steps == STEP else moved


def nan(moved: Transition) -> Transition:
    state = moved.reached.state.copy()
    state[2, 4] = np.nan
    return dataclasses.replace(moved, reached=Snapshot(moved.reached.observation, state))


def blind(moved: Transition) -> Transition:
    observation = moved.start.observation.copy()
    observation[1, 0] = np.inf
    return dataclasses.replace(moved, start=Snapshot(observation, moved.start.state))


def raises(moved: Transition) -> Transition:
    raise ValueError("the arm has left the world")


def crashes(moved: Transition) -> Transition:
    os.kill(os.getpid(), signal.SIGSEGV)
    return moved


def aborts(moved: Transition) -> Transition:
    os.abort()


def leaves(moved: Transition) -> Transition:
    os._exit(3)


def killed(moved: Transition) -> Transition:
    os.kill(os.getpid(), signal.SIGKILL)
    return moved


def hangs(moved: Transition) -> Transition:
    time.sleep(10_000)
    return moved


def hungry(moved: Transition) -> Transition:
    """Takes more memory than a limit lets it have."""
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + (64 << 20), resource.RLIM_INFINITY))
    return dataclasses.replace(moved, native_parts={str(i): np.ones(1 << 20) for i in range(1000)})


def eats(moved: Transition) -> Transition:
    """Takes more memory than the machine has, if nobody limits it."""
    return dataclasses.replace(moved, native_parts={str(i): np.ones(1 << 20) for i in range(1 << 20)})


FAULTS = {each.__name__: each for each in (nan, blind, raises, crashes, aborts, leaves, killed, hangs, hungry, eats)}


def unmade(task: Task, num_envs: int) -> toy.ToySimulator:
    raise ValueError("the arm is not in the box")


def task(**faults: str) -> Task:
    """The toy task with these faults, by candidate or for ``all``; it is judged without any."""
    simulator = partial(FaultySimulator, faults=faults)
    return dataclasses.replace(toy.TASK, training=simulator, reference=toy.ToySimulator)


SIX = task(r1c1="nan", r1c2="raises", r1c3="crashes", r1c4="hungry", r1c5="hangs")
THREE = task(r1c1="blind", r1c2="killed", r1c3="leaves")
ONE = task(r1c1="nan")
UNMADE = dataclasses.replace(toy.TASK, training=unmade)
NAN = task(all="nan")
KILLED = task(all="killed")
HUNGRY = task(all="hungry")
HANGS = task(all="hangs")
EATS = task(r1c1="eats")
