"""Whether the same seeds and actions lead to the same again."""

from __future__ import annotations

import numpy as np

from text2reward.envs.simulator import Simulator, Snapshot
from text2reward.envs.task import Task
from text2reward.envs.transitions import Recording

_REPEATED = 10
"""Steps that are played twice by the same environments."""

AGAIN = 2
"""Environments made anew, which play again what as many have played."""

BEYOND = 5
"""Steps of the next episode that are played again, too."""

_MEND = (
    "draw everything random from the seed, in Gymnasium from self.np_random; in reset, set everything anew that a step "
    "changes; share nothing between environments."
)


def unrepeated(task: Task, simulator: Simulator, seeds: list[int], first: Snapshot) -> str:
    """What is not the same again, and how to mend it, after a reset that led to ``first``; empty where all is."""
    shape = (min(_REPEATED, task.horizon), simulator.num_envs, task.action.size)
    actions = np.random.default_rng(0).uniform(task.action.low, task.action.high, shape).astype(np.float32)
    again = simulator.reset(seeds)
    once = [simulator.step(action).reached for action in actions]
    anew = simulator.reset(seeds)
    if ignored := ignored_seeds(task, first, again):
        return ignored
    if differ := _differences(task, first, anew):
        return (
            f"resetting with the same seeds gives different states after {len(actions)} steps ({differ}). In reset, "
            "set everything anew that a step changes."
        )
    for step, (action, before) in enumerate(zip(actions, once, strict=True), 1):
        if differ := _differences(task, before, simulator.step(action).reached):
            return (
                f"the same seeds and actions give the same start, but different states in step {step} ({differ}). In "
                f"step, {_MEND}"
            )
    return ""


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
        if not differ and not np.array_equal(moved.native_reward, known.native_reward[rows], equal_nan=True):
            differ = "the environment's own reward"
    return differ and (
        f"played again in environments made anew, the same seeds and actions lead to something else {at} ({differ}). "
        f"When it is made, in reset and in step, {_MEND}"
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
        if not np.array_equal(one.state[:, columns], other.state[:, columns], equal_nan=True):
            differ.append(name)
    if not np.array_equal(one.observation, other.observation, equal_nan=True):
        differ.append("the observation")
    return ", ".join(differ)
