"""Meta-World in the ``metaworld`` package: the reference that judges and renders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import mujoco
import numpy as np
from metaworld.env_dict import ALL_V3_ENVIRONMENTS_GOAL_OBSERVABLE

from text2reward.envs.drawing import Pictures
from text2reward.envs.simulator import Snapshot, Transition

if TYPE_CHECKING:
    from text2reward.envs.metaworld.tasks import MetaWorldTask
    from text2reward.envs.task import Task

_CAMERA = "corner2"
_PARTS = ("near_object", "grasp_success", "grasp_reward", "in_place_reward", "obj_to_target", "unscaled_reward")


class ReferenceSimulator:
    """``num_envs`` environments of the package, stepped one after the other.

    The package's ``reset`` moves bodies after its last forward pass, so its first observation shows objects where the
    previous episode had them. Here the kinematics are brought up to date before the first observation is read.
    """

    device = "cpu"

    def __init__(self, task: Task, spec: MetaWorldTask, num_envs: int) -> None:
        self.task = task
        self.num_envs = num_envs
        self._read = spec.read
        self._clock = np.zeros(num_envs, dtype=np.int64)
        make: Any = ALL_V3_ENVIRONMENTS_GOAL_OBSERVABLE[f"{spec.name}-goal-observable"]
        self._envs: list[Any] = [make(seed=0) for _ in range(num_envs)]
        for env in self._envs:
            env._freeze_rand_vec = False
            env.seeded_rand_vec = True
            env._partially_observable = False
        self._pictures: Pictures | None = None

    def reset(self, seeds: Sequence[int], stagger: np.random.Generator | None = None) -> Snapshot:
        """See :meth:`Simulator.reset`."""
        for env, seed in zip(self._envs, seeds, strict=True):
            env.seed(int(seed))
        self._clock[:] = stagger.integers(0, self.task.horizon, self.num_envs) if stagger else 0
        return self._read(np.stack([_reset(env) for env in self._envs]))

    def reset_to(self, random_vectors: np.ndarray) -> Snapshot:
        """Start every environment from its given ``(N, V)`` random vector instead of from a seed."""
        for env, vector in zip(self._envs, random_vectors, strict=True):
            env._freeze_rand_vec = True
            env._last_rand_vec = np.asarray(vector, dtype=np.float64)
        self._clock[:] = 0
        snapshot = self._read(np.stack([_reset(env) for env in self._envs]))
        for env in self._envs:
            env._freeze_rand_vec = False
        return snapshot

    def step(self, action: np.ndarray) -> Transition:
        """See :meth:`Simulator.step`."""
        observation = np.empty((self.num_envs, self.task.observation_size))
        success = np.zeros(self.num_envs, dtype=bool)
        native_reward = np.zeros(self.num_envs, dtype=np.float32)
        parts = {name: np.zeros(self.num_envs) for name in _PARTS}
        for i, env in enumerate(self._envs):
            for _ in range(self.task.action_repeat):
                observation[i], reward, _, _, info = env.step(action[i])
                success[i] |= bool(info["success"])
                native_reward[i] += float(reward) / self.task.action_repeat
            for name in _PARTS:
                parts[name][i] = float(info[name])
        reached = self._read(observation)
        self._clock += 1
        truncated = self._clock >= self.task.horizon
        return Transition(
            reached, success, truncated, native_reward, self._restart(observation, reached, truncated), parts
        )

    def render(self) -> np.ndarray:
        """See :meth:`Simulator.render`."""
        env = self._envs[0]
        if self._pictures is None:
            self._pictures = Pictures(env.model, _CAMERA)
        return self._pictures.draw(env.data)[::-1, ::-1].copy()  # this camera is mounted upside down

    def close(self) -> None:
        """See :meth:`Simulator.close`."""
        if self._pictures is not None:
            self._pictures.close()
            self._pictures = None
        for env in self._envs:
            env.close()

    def _restart(self, observation: np.ndarray, reached: Snapshot, truncated: np.ndarray) -> Snapshot:
        if not truncated.any():
            return reached
        observation = observation.copy()
        for i in np.flatnonzero(truncated):
            self._clock[i] = 0
            observation[i] = _reset(self._envs[i])
        return self._read(observation)


def _reset(env: Any) -> np.ndarray:
    env.reset()
    mujoco.mj_kinematics(env.model, env.data)
    frame = env._get_curr_obs_combined_no_goal()
    env._prev_obs = frame
    return np.hstack((frame, frame, env._get_pos_goal()))
