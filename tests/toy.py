"""A simulator small enough for unit tests: a hand that moves freely and a goal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from text2reward.envs import Action, Field, Snapshot, Task, Transition

HORIZON = 20


class ToySimulator:
    """The hand moves by 0.1 x action; the task is solved within 0.15 of the goal."""

    device = "cpu"

    def __init__(self, task: Task, num_envs: int) -> None:
        self.task, self.num_envs = task, num_envs
        self._hand = np.zeros((num_envs, 3), dtype=np.float32)
        self._goal = np.zeros((num_envs, 3), dtype=np.float32)
        self._clock = np.zeros(num_envs, dtype=np.int64)
        self._rngs: list[np.random.Generator] = []

    def reset(self, seeds: Sequence[int], stagger: np.random.Generator | None = None) -> Snapshot:
        self._rngs = [np.random.default_rng(seed) for seed in seeds]
        for i in range(self.num_envs):
            self._restart(i)
        self._clock[:] = stagger.integers(0, self.task.horizon, self.num_envs) if stagger else 0
        return self._snapshot()

    def step(self, action: np.ndarray) -> Transition:
        self._hand = np.clip(self._hand + 0.1 * action, -1, 1).astype(np.float32)
        self._clock += 1
        reached = self._snapshot()
        distance = np.linalg.norm(self._hand - self._goal, axis=1)
        truncated = self._clock >= self.task.horizon
        for i in np.flatnonzero(truncated):
            self._restart(int(i))
        start = self._snapshot() if truncated.any() else reached
        return Transition(reached, distance < 0.15, truncated, -distance, start, {"distance": distance})

    def render(self) -> np.ndarray:
        picture = np.full((64, 64, 3), 255, dtype=np.uint8)
        for place, colour in ((self._goal[0], (0, 160, 0)), (self._hand[0], (200, 0, 0))):
            x, y = ((place[:2] + 1) * 30).astype(int)
            picture[y : y + 4, x : x + 4] = colour
        return picture

    def close(self) -> None:
        pass

    def _restart(self, i: int) -> None:
        self._clock[i] = 0
        self._hand[i] = 0
        self._goal[i] = self._rngs[i].uniform(-0.6, 0.6, 3)

    def _snapshot(self) -> Snapshot:
        both = np.concatenate([self._hand, self._goal], axis=1)
        return Snapshot(both, both.copy())


def expert(task: Task):
    return lambda observation: np.clip((observation[3:6] - observation[:3]) / 0.1, -1, 1).astype(np.float32)


TASK = Task(
    id="toy/reach",
    instruction="Move the hand to the goal.",
    fields=(
        Field("robot.ee_pos", (3,), "m", "the hand"),
        Field("goal.pos", (3,), "m", "where the hand shall be", "reset"),
    ),
    action=Action(-1.0, 1.0, ("moves the hand along x", "moves the hand along y", "moves the hand along z")),
    observation_size=6,
    horizon=HORIZON,
    dt=0.05,
    success="The hand is within 0.15 m of the goal.",
    robot="A hand that moves freely.",
    scene="Nothing but a goal.",
    training=ToySimulator,
    expert=expert,
)

REACH = '''"""Reach."""
import torch


def compute_reward(state, action, prev):
    distance = torch.linalg.norm(state.robot.ee_pos - state.goal.pos, dim=-1)
    before = torch.linalg.norm(prev.robot.ee_pos - prev.goal.pos, dim=-1)
    return {"near": 1 - torch.tanh(2 * distance), "nearer": 5 * (before - distance)}
'''
