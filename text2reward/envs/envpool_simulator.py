"""Tasks on EnvPool: many environments in C++, in which policies train."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from text2reward.envs.simulator import Snapshot, Transition
from text2reward.errors import RenderError

try:
    import envpool
except ImportError:  # no wheel for this platform; see Task.twin
    envpool = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from text2reward.envs.task import Task

Read = Callable[[Any], Snapshot]
"""From a batch of a simulator's own observations, an array or a dict of arrays with N rows, to what is known."""

Solved = Callable[[Any], np.ndarray]
"""From a batch of a simulator's own observations to where the task is solved, ``(N,)`` bool."""

_NOT_A_PART = frozenset({"env_id", "players", "task_id", "elapsed_step"})


@dataclass(frozen=True)
class Pool:
    """How a task lives in EnvPool.

    Args:
        id: EnvPool's id, for example ``MetaWorld/WindowClose-v3``.
        read: makes observation and state of EnvPool's observations.
        solved: where the task is solved: the name of the entry of ``info`` that is above 0 there, or what tells it from
            observations; empty where the task has no success.
        options: what the pool is made with.
    """

    id: str
    read: Read
    solved: str | Solved = ""
    options: Mapping[str, Any] = field(default_factory=dict)


class EnvPoolSimulator:
    """``num_envs`` environments in one thread. One that ends of its own accord stands still until the time is up.

    EnvPool fixes its seeds when a pool is made, so :meth:`reset` makes a new pool.
    """

    device = "cpu"

    def __init__(self, task: Task, pool: Pool, num_envs: int) -> None:
        self.task = task
        self.num_envs = num_envs
        self._how = pool
        self._clock = np.zeros(num_envs, dtype=np.int64)
        self._over = np.zeros(num_envs, dtype=bool)
        self._solved = np.zeros(num_envs, dtype=bool)  # after the last simulator step
        self._pool: Any = None
        self._seen: Snapshot
        self._parts: dict[str, np.ndarray] = {}

    def reset(self, seeds: Sequence[int], stagger: np.random.Generator | None = None) -> Snapshot:
        """See :meth:`Simulator.reset`."""
        self._pool = envpool.make(
            self._how.id,
            env_type="gymnasium",
            num_envs=self.num_envs,
            num_threads=1,
            seed=[int(seed) for seed in seeds],
            # The clock here ends episodes first; EnvPool's own reset would swallow an action.
            max_episode_steps=2 * self.task.horizon * self.task.action_repeat,
            **self._how.options,
        )
        observation, info = self._pool.reset()
        self._clock[:] = stagger.integers(0, self.task.horizon, self.num_envs) if stagger else 0
        self._over[:] = self._solved[:] = False
        self._seen = self._how.read(observation)
        self._parts = self._parts_of(info)
        return self._seen

    def step(self, action: np.ndarray) -> Transition:
        """See :meth:`Simulator.step`."""
        success = self._solved & self._over
        native_reward = np.zeros(self.num_envs, dtype=np.float32)
        for left in reversed(range(self.task.action_repeat)):
            going = np.flatnonzero(~self._over).astype(np.int32)
            if not len(going):
                break
            # EnvPool would reset one that is over at its next step.
            observation, reward, terminated, cut, info = self._pool.step(action[going], going)
            over = terminated | cut
            if left == 0 or over.any():
                self._see(going, observation, info)
            if self._how.solved:
                self._solved[going] = self._is_solved(observation, info)
            native_reward[going] += reward / self.task.action_repeat
            success |= self._solved
            self._over[going] = over
        reached = self._seen
        self._clock += 1
        truncated = self._clock >= self.task.horizon
        self._restart(np.flatnonzero(truncated).astype(np.int32))
        return Transition(reached, success, truncated, native_reward, self._seen, self._parts)

    def render(self) -> np.ndarray:
        """See :meth:`Simulator.render`; EnvPool draws nothing."""
        raise RenderError("EnvPool draws no pictures here.", "Render the reference simulator.")

    def close(self) -> None:
        """See :meth:`Simulator.close`."""
        self._pool = None

    def _see(self, ids: np.ndarray, observation: Any, info: Mapping[str, Any]) -> None:
        """Take in what a step of the environments ``ids`` showed."""
        self._seen = _with(self._seen, ids, self._how.read(observation))
        self._parts = {name: _put(self._parts[name], ids, value) for name, value in self._parts_of(info).items()}

    def _is_solved(self, observation: Any, info: Mapping[str, Any]) -> np.ndarray:
        solved = self._how.solved
        where: np.ndarray = info[solved] > 0 if isinstance(solved, str) else solved(observation)
        return where

    def _restart(self, ids: np.ndarray) -> None:
        if len(ids):
            self._clock[ids] = 0
            self._over[ids] = self._solved[ids] = False
            self._seen = _with(self._seen, ids, self._how.read(self._pool.reset(ids)[0]))

    def _parts_of(self, info: Mapping[str, Any]) -> dict[str, np.ndarray]:
        return {name: value for name, value in info.items() if name not in _NOT_A_PART and name != self._how.solved}


def _with(seen: Snapshot, ids: np.ndarray, fresh: Snapshot) -> Snapshot:
    """``seen`` with the rows ``ids`` replaced."""
    return Snapshot(_put(seen.observation, ids, fresh.observation), _put(seen.state, ids, fresh.state))


def _put(values: np.ndarray, ids: np.ndarray, fresh: np.ndarray) -> np.ndarray:
    """``values`` with the rows ``ids``, in ascending order, replaced."""
    if len(ids) == len(values):
        return fresh
    values = values.copy()
    values[ids] = fresh
    return values
