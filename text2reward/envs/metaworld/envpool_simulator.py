"""Meta-World on EnvPool: the C++ twin that policies train in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import envpool
import numpy as np

from text2reward.envs.simulator import Snapshot, Transition
from text2reward.errors import RenderError

if TYPE_CHECKING:
    from text2reward.envs.metaworld.tasks import MetaWorldTask
    from text2reward.envs.task import Task

_NOT_A_PART = frozenset({"env_id", "players", "task_id", "elapsed_step", "success"})


class EnvPoolSimulator:
    """``num_envs`` environments in one thread.

    EnvPool fixes its seeds when a pool is made, so :meth:`reset` makes a new pool.
    """

    device = "cpu"

    def __init__(self, task: Task, spec: MetaWorldTask, num_envs: int) -> None:
        self.task = task
        self.num_envs = num_envs
        self._spec = spec
        self._columns = np.array(spec.columns)
        self._clock = np.zeros(num_envs, dtype=np.int64)
        self._pool: Any = None

    def reset(self, seeds: Sequence[int], stagger: np.random.Generator | None = None) -> Snapshot:
        """See :meth:`Simulator.reset`."""
        self._pool = envpool.make(
            self._spec.envpool_id,
            env_type="gymnasium",
            num_envs=self.num_envs,
            num_threads=1,
            seed=[int(seed) for seed in seeds],
            # The clock here ends episodes first; EnvPool's own reset would swallow an action.
            max_episode_steps=2 * self.task.horizon * self.task.action_repeat,
            partially_observable=False,
        )
        observation, _ = self._pool.reset()
        self._clock[:] = stagger.integers(0, self.task.horizon, self.num_envs) if stagger else 0
        return self._snapshot(observation)

    def step(self, action: np.ndarray) -> Transition:
        """See :meth:`Simulator.step`."""
        success = np.zeros(self.num_envs, dtype=bool)
        native_reward = np.zeros(self.num_envs, dtype=np.float32)
        for _ in range(self.task.action_repeat):
            observation, reward, _, _, info = self._pool.step(action)
            success |= info["success"] > 0
            native_reward += reward
        reached = self._snapshot(observation)
        self._clock += 1
        truncated = self._clock >= self.task.horizon
        return Transition(
            reached=reached,
            success=success,
            truncated=truncated,
            native_reward=native_reward / self.task.action_repeat,
            start=self._restart(reached, truncated),
            native_parts={name: value for name, value in info.items() if name not in _NOT_A_PART},
        )

    def render(self) -> np.ndarray:
        """See :meth:`Simulator.render`; EnvPool draws nothing."""
        raise RenderError("EnvPool's Meta-World cannot be rendered.", "Render the reference simulator.")

    def close(self) -> None:
        """See :meth:`Simulator.close`."""
        self._pool = None

    def _restart(self, reached: Snapshot, truncated: np.ndarray) -> Snapshot:
        if not truncated.any():
            return reached
        ids = np.flatnonzero(truncated).astype(np.int32)
        self._clock[ids] = 0
        fresh = self._snapshot(self._pool.reset(ids)[0])
        observation, state = reached.observation.copy(), reached.state.copy()
        observation[ids], state[ids] = fresh.observation, fresh.state
        return Snapshot(observation, state)

    def _snapshot(self, observation: np.ndarray) -> Snapshot:
        observation = observation.astype(np.float32)
        return Snapshot(observation, observation[:, self._columns])
