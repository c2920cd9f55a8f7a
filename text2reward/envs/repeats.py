"""Whether the same seeds and actions lead to the same again."""

from __future__ import annotations

from typing import Any

import numpy as np

from text2reward.envs.simulator import Simulator, Snapshot
from text2reward.envs.task import Task
from text2reward.envs.transitions import Recording

_STEPPED = 10
"""Steps after which a reset has to lead to the same start."""

AGAIN = 2
"""Environments made anew, which play again what as many have played."""

BEYOND = 5
"""Steps of the next episode that are played again, too."""

_ALIKE: Any = {"rtol": 1e-4, "atol": 1e-5, "equal_nan": True}
"""How far the same may differ when it is worked out for another number of environments at once."""


def unrepeated(task: Task, simulator: Simulator, seeds: list[int], first: Snapshot) -> str:
    """What a second reset does not repeat, and how to mend it, after one that led to ``first``; empty where it does."""
    shape = (min(_STEPPED, task.horizon), simulator.num_envs, task.action.size)
    if ignored := ignored_seeds(task, first, simulator.reset(seeds)):
        return ignored
    for action in np.random.default_rng(0).uniform(task.action.low, task.action.high, shape).astype(np.float32):
        simulator.step(action)
    differ = _differences(task, first, simulator.reset(seeds))
    return differ and (
        f"resetting with the same seeds gives different states after {shape[0]} steps ({differ}). In reset, "
        "set everything anew that a step changes."
    )


def otherwise(task: Task, simulator: Simulator, recording: Recording, seeds: list[int]) -> str:
    """What is not the same through the first episodes and into the next, and how to mend it; empty where all is.

    Args:
        simulator: :data:`AGAIN` environments made anew.
        recording: what environments played from ``seeds``, the first :data:`AGAIN` of which are played again.
    """
    steps, num_envs = recording.fresh.shape
    known = recording.transitions
    start = Snapshot(recording.shown[:AGAIN], recording.initial[:AGAIN])
    differ, at = _differences(task, start, simulator.reset(seeds[:AGAIN])), "when an episode starts"
    for step in range(min(steps, task.horizon + BEYOND)):
        if differ:
            break
        at = f"in step {step + 1}"
        rows = slice(step * num_envs, step * num_envs + AGAIN)
        moved = simulator.step(known.action[rows])
        differ = _differences(task, Snapshot(recording.observation[rows], known.state[rows]), moved.reached)
        if not differ and (moved.success != known.success[rows]).any():
            differ = "the success"
        if not differ and not np.allclose(moved.native_reward, known.native_reward[rows], **_ALIKE):
            differ = "the environment's own reward"
    return differ and (
        f"played again in environments made anew, the same seeds and actions lead to something else {at} ({differ}). "
        "Draw everything random from the seed, in Gymnasium from self.np_random after super().reset(seed=seed); in "
        "reset, set everything anew that a step changes; share nothing between environments."
    )


def ignored_seeds(task: Task, first: Snapshot, again: Snapshot) -> str:
    """What differs between two starts from the same seeds, and how to mend it; empty where nothing does."""
    differ = _differences(task, first, again)
    return differ and (
        f"resetting with the same seeds gives different states ({differ}). In reset, draw everything random from "
        "the seed: in Gymnasium, super().reset(seed=seed) and then self.np_random. A wrapper with running statistics, "
        "such as NormalizeObservation, differs each time, too: leave it out."
    )


def _differences(task: Task, one: Snapshot, other: Snapshot) -> str:
    """What differs between two snapshots, names of fields and the observation; empty where nothing does."""
    differ = []
    for name in task.layout.names:
        columns = task.layout.columns(name)
        if not np.allclose(one.state[:, columns], other.state[:, columns], **_ALIKE):
            differ.append(name)
    if not np.allclose(one.observation, other.observation, **_ALIKE):
        differ.append("the observation")
    return ", ".join(differ)
