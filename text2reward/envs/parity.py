"""How closely a twin follows its reference: the same start, the same actions, compared step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from text2reward.envs.simulator import HIGHEST_SEED, Simulator, Snapshot
from text2reward.envs.task import Task
from text2reward.envs.transitions import BatchPolicy, random_policy

Actions = Literal["expert", "random"]

SAME_OUTCOME = 0.8
"""Share of the episodes that end alike, and that the scripted expert solves, in both simulators."""

Begin = Callable[[Task, Snapshot], tuple[Simulator, Snapshot]]
"""The reference's environments, started where the twin's episodes start, and what is known of them then."""


@dataclass(frozen=True)
class Parity:
    """What one comparison found.

    Args:
        task: its id.
        actions: what moved both simulators.
        episodes: how many were replayed.
        start: largest difference of any state entry at the start.
        largest: the same over all steps.
        typical: median over episodes of each episode's largest difference.
        success: episodes solved in (the twin, the reference).
        agree: episodes whose outcome is the same in both.
    """

    task: str
    actions: Actions
    episodes: int
    start: float
    largest: float
    typical: float
    success: tuple[int, int]
    agree: int


def compare(task: Task, begin: Begin, actions: Actions, episodes: int, seed: int) -> Parity:
    """Replay ``episodes`` episodes of the twin in the reference.

    Places, orientations and openings are compared; rates, which jump where things touch, are not.

    Args:
        actions: ``expert``: the task's scripted policy, undisturbed and at the package's own control rate, for which it
            was written; ``random``: random walks at the task's.
        seed: of episodes and actions.
    """
    if actions == "expert":
        task = task.with_action_repeat(1)
    rng = np.random.default_rng(seed)
    columns = _compared(task)
    twin = task.make_training(episodes)
    here = twin.reset([int(s) for s in rng.integers(0, HIGHEST_SEED, episodes)])
    reference, there = begin(task, here)
    start = np.abs(here.state - there.state)[:, columns].max()
    act = _expert(task) if actions == "expert" else random_policy(task, episodes, rng)
    apart = np.zeros(episodes)
    solved = np.zeros((2, episodes), dtype=bool)
    for _ in range(task.horizon - 1):
        action = act(here.observation)
        one, other = twin.step(action), reference.step(action)
        apart = np.maximum(apart, np.abs(one.reached.state - other.reached.state)[:, columns].max(axis=1))
        solved |= np.stack([one.success, other.success])
        here = one.start
    twin.close()
    reference.close()
    return Parity(
        task.id,
        actions,
        episodes,
        float(start),
        float(apart.max()),
        float(np.median(apart)),
        (int(solved[0].sum()), int(solved[1].sum())),
        int((solved[0] == solved[1]).sum()),
    )


def _compared(task: Task) -> np.ndarray:
    columns = [np.arange(task.layout.size)[task.layout.columns(f.name)] for f in task.fields if f.unit in ("m", "1")]
    return np.concatenate(columns)


def _expert(task: Task) -> BatchPolicy:
    assert task.expert is not None
    policy = task.expert(task)
    return lambda observation: np.stack([policy(row) for row in observation])
