"""Bringing rewards of any size to a scale that PPO's settings were made for."""

from __future__ import annotations

from typing import Any

import numpy as np
from stable_baselines3.common.running_mean_std import RunningMeanStd

_LEAST_VARIANCE = 1e-8
_CLIP = 10.0


class RewardScale:
    """Divides rewards by the running deviation of the discounted return, as ``VecNormalize`` does.

    The deviation is brought up to date once per rollout. A constant reward has next to no variance; dividing by at
    least 1e-4 keeps it from exploding.

    Args:
        num_envs: environments in a rollout.
        gamma: discount.
    """

    def __init__(self, num_envs: int, gamma: float) -> None:
        self._gamma = gamma
        self._returns = np.zeros(num_envs)
        self.statistics = RunningMeanStd(epsilon=1e-9, shape=())

    def __call__(self, rewards: np.ndarray, ended: np.ndarray) -> np.ndarray:
        """Scaled rewards.

        Args:
            rewards: ``(T, N)``.
            ended: ``(T, N)`` bool, true where an episode ended with the step.
        """
        returns = np.empty_like(rewards, dtype=np.float64)
        for t, reward in enumerate(rewards):
            self._returns = self._returns * self._gamma + reward
            returns[t] = self._returns
            self._returns = self._returns * ~ended[t]
        self.statistics.update(returns.reshape(-1))
        deviation = np.sqrt(max(float(self.statistics.var), _LEAST_VARIANCE))
        scaled: np.ndarray = np.clip(rewards / deviation, -_CLIP, _CLIP).astype(np.float32)
        return scaled

    def restart(self) -> None:
        """All episodes start anew."""
        self._returns[:] = 0

    def to_json(self) -> dict[str, Any]:
        """What a checkpoint needs; episodes start anew after one."""
        s = self.statistics
        return {"mean": float(s.mean), "var": float(s.var), "count": float(s.count)}

    def from_json(self, data: dict[str, Any]) -> None:
        """Go on from what :meth:`to_json` wrote."""
        self.statistics.mean = np.array(data["mean"], dtype=np.float64)
        self.statistics.var = np.array(data["var"], dtype=np.float64)
        self.statistics.count = data["count"]
        self.restart()
