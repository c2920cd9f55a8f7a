"""Tasks on EnvPool: many environments in C++, in which policies train."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import envpool
import numpy as np

from text2reward.envs.simulator import Snapshot, Transition
from text2reward.errors import RenderError

if TYPE_CHECKING:
    from text2reward.envs.task import Task

Read = Callable[[Any], Snapshot]
"""From a batch of a simulator's own observations, an array or a dict of arrays with N rows, to what is known."""

_NOT_A_PART = frozenset({"env_id", "players", "task_id", "elapsed_step"})


@dataclass(frozen=True)
class Pool:
    """How a task lives in EnvPool.

    Args:
        id: EnvPool's id, for example ``MetaWorld/WindowClose-v3``.
        read: makes observation and state of EnvPool's observations.
        solved: name of the entry of ``info`` that is above 0 where the task is solved; empty where EnvPool has none.
        options: what the pool is made with. They must switch off every end of an episode but that by time.
    """

    id: str
    read: Read
    solved: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


class EnvPoolSimulator:
    """``num_envs`` environments in one thread.

    EnvPool fixes its seeds when a pool is made, so :meth:`reset` makes a new pool.
    """

    device = "cpu"

    def __init__(self, task: Task, pool: Pool, num_envs: int) -> None:
        self.task = task
        self.num_envs = num_envs
        self._how = pool
        self._clock = np.zeros(num_envs, dtype=np.int64)
        self._pool: Any = None

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
        observation, _ = self._pool.reset()
        self._clock[:] = stagger.integers(0, self.task.horizon, self.num_envs) if stagger else 0
        return self._how.read(observation)

    def step(self, action: np.ndarray) -> Transition:
        """See :meth:`Simulator.step`."""
        success = np.zeros(self.num_envs, dtype=bool)
        native_reward = np.zeros(self.num_envs, dtype=np.float32)
        for _ in range(self.task.action_repeat):
            observation, reward, _, _, info = self._pool.step(action)
            if self._how.solved:
                success |= info[self._how.solved] > 0
            native_reward += reward
        reached = self._how.read(observation)
        self._clock += 1
        truncated = self._clock >= self.task.horizon
        return Transition(
            reached=reached,
            success=success,
            truncated=truncated,
            native_reward=native_reward / self.task.action_repeat,
            start=self._restart(reached, truncated),
            native_parts={
                name: value for name, value in info.items() if name not in _NOT_A_PART and name != self._how.solved
            },
        )

    def render(self) -> np.ndarray:
        """See :meth:`Simulator.render`; EnvPool draws nothing."""
        raise RenderError("EnvPool draws no pictures here.", "Render the reference simulator.")

    def close(self) -> None:
        """See :meth:`Simulator.close`."""
        self._pool = None

    def _restart(self, reached: Snapshot, truncated: np.ndarray) -> Snapshot:
        if not truncated.any():
            return reached
        ids = np.flatnonzero(truncated).astype(np.int32)
        self._clock[ids] = 0
        fresh = self._how.read(self._pool.reset(ids)[0])
        observation, state = reached.observation.copy(), reached.state.copy()
        observation[ids], state[ids] = fresh.observation, fresh.state
        return Snapshot(observation, state)
