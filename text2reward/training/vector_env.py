"""A simulator as a Stable-Baselines3 vector environment whose rewards come later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvObs, VecEnvStepReturn

from text2reward.envs.simulator import Simulator
from text2reward.training.rollout import RolloutLog


class SimulatorVecEnv(VecEnv):
    """Steps the simulator, logs what happened, returns zero rewards.

    Args:
        simulator: what is stepped.
        log: filled at every step; emptied by whoever computes the rewards.
    """

    def __init__(self, simulator: Simulator, log: RolloutLog) -> None:
        task = simulator.task
        observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (task.observation_size,), np.float32)
        action_space = gymnasium.spaces.Box(task.action.low, task.action.high, (task.action.size,), np.float32)
        super().__init__(simulator.num_envs, observation_space, action_space)
        self.simulator = simulator
        self.log = log
        self._no_infos: list[dict[str, Any]] = [{} for _ in range(simulator.num_envs)]
        self._solved = np.zeros(simulator.num_envs, dtype=bool)
        self._whole = np.zeros(simulator.num_envs, dtype=bool)
        self._next_seeds: Sequence[int] = []
        self._stagger: np.random.Generator | None = None

    def plan_reset(self, seeds: Sequence[int], stagger: np.random.Generator) -> None:
        """What the next :meth:`reset` starts from."""
        self._next_seeds, self._stagger = seeds, stagger

    def reset(self) -> VecEnvObs:
        """Start all episodes anew, with the planned seeds and clocks."""
        start = self.simulator.reset(self._next_seeds, self._stagger)
        self._state = start.state
        self._solved[:] = False
        self._whole[:] = False  # a clock that starts late makes the first episode a short one
        self.log.clear()
        return start.observation

    def step_async(self, actions: np.ndarray) -> None:
        """Remember the actions."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """One control step."""
        moved = self.simulator.step(self._actions)
        self.log.add(self._state, self._actions, moved)
        self._state = moved.start.state
        self._solved |= moved.success
        infos = self._end_episodes(moved.truncated, moved.reached.observation) if moved.truncated.any() else None
        return (
            moved.start.observation,
            np.zeros(self.num_envs, dtype=np.float32),
            moved.truncated,
            infos or self._no_infos,
        )

    def close(self) -> None:
        """Close the simulator."""
        self.simulator.close()

    def _end_episodes(self, ended: np.ndarray, observation: np.ndarray) -> list[dict[str, Any]]:
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for i in np.flatnonzero(ended):
            infos[i] = {"terminal_observation": observation[i], "TimeLimit.truncated": True}
            if self._whole[i]:
                infos[i]["is_success"] = bool(self._solved[i])
        self._solved[ended] = False
        self._whole[ended] = True
        return infos

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """The simulator has no attributes per environment."""
        return [None for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """The simulator has no attributes per environment."""

    def env_method(
        self, method_name: str, *method_args: Any, indices: VecEnvIndices = None, **method_kwargs: Any
    ) -> list[Any]:
        """The simulator has no methods per environment."""
        return [None for _ in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type[gymnasium.Wrapper], indices: VecEnvIndices = None) -> list[bool]:
        """Nothing is wrapped."""
        return [False for _ in self._get_indices(indices)]
