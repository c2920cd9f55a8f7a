"""What happened during one rollout, kept until its rewards are computed."""

from __future__ import annotations

import numpy as np

from text2reward.envs.simulator import Transition
from text2reward.envs.task import Task
from text2reward.envs.transitions import Transitions


class RolloutLog:
    """Arrays of shape ``(T, N, ...)`` that a vector environment fills step by step.

    Args:
        task: gives the sizes of state and action.
        steps: T, control steps in a rollout.
        num_envs: N.
    """

    def __init__(self, task: Task, steps: int, num_envs: int) -> None:
        size, action_size = task.layout.size, task.action.size
        self.horizon = task.horizon
        self.prev = np.empty((steps, num_envs, size), dtype=np.float32)
        self.state = np.empty((steps, num_envs, size), dtype=np.float32)
        self.action = np.empty((steps, num_envs, action_size), dtype=np.float32)
        self.success = np.empty((steps, num_envs), dtype=bool)
        self.native_reward = np.empty((steps, num_envs), dtype=np.float32)
        self.ended = np.empty((steps, num_envs), dtype=bool)
        self.step = 0

    @property
    def steps(self) -> int:
        """Control steps that fit."""
        return len(self.prev)

    def add(self, prev: np.ndarray, action: np.ndarray, moved: Transition) -> None:
        """Keep one control step of all environments."""
        t = self.step
        self.prev[t], self.action[t], self.state[t] = prev, action, moved.reached.state
        self.success[t], self.native_reward[t], self.ended[t] = moved.success, moved.native_reward, moved.truncated
        self.step = t + 1

    def clear(self) -> None:
        """Forget everything, for the next rollout or after one that was broken off."""
        self.step = 0

    def transitions(self) -> Transitions:
        """The whole rollout flat, step-major. Views; valid until :meth:`clear`."""
        return Transitions(*(array.reshape(-1, *array.shape[2:]) for array in self._arrays))  # -> (T*N, ...)

    def newest(self) -> Transitions:
        """The last step of all environments. Views; valid until :meth:`clear`."""
        return Transitions(*(array[self.step - 1] for array in self._arrays))  # (T, N, ...) -> (N, ...)

    @property
    def _arrays(self) -> tuple[np.ndarray, ...]:
        return self.prev, self.action, self.state, self.success, self.native_reward
