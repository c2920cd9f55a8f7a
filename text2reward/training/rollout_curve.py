"""What a rollout showed: a point of the learning curves, and what TensorBoard is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback

from text2reward.record.curves import CurvePoint
from text2reward.training.rollout import RolloutLog


@dataclass(frozen=True)
class RolloutResult:
    """What the callback hands on after each rollout.

    Args:
        point: the new point of the learning curves.
        peak_return: mean own return over the last two rollouts; None when no whole episode ended in them.
    """

    point: CurvePoint
    peak_return: float | None


class RolloutCurve(BaseCallback):
    """Follows whole episodes through rollouts; who knows the rewards calls :meth:`_publish` at a rollout's end.

    Args:
        log: what the environment logged during the rollout.
        sim_steps_per_step: simulator steps in one control step of one environment.
        told: called after each rollout; what it raises ends the training.
    """

    def __init__(self, log: RolloutLog, sim_steps_per_step: int, told: Callable[[RolloutResult], None]) -> None:
        super().__init__()
        self._log, self._told = log, told
        self._sim_steps_per_step = sim_steps_per_step
        self._returns: np.ndarray = np.zeros(0)
        self._whole: np.ndarray = np.zeros(0, dtype=bool)
        self._solved: np.ndarray = np.zeros(0, dtype=bool)
        self.last_returns: list[float] = []

    def restart(self) -> None:
        """All environments were reset with staggered clocks: their first episodes are short and do not count."""
        num_envs = self._log.prev.shape[1]
        self._returns = np.zeros(num_envs)
        self._whole = np.zeros(num_envs, dtype=bool)
        self._solved = np.zeros(num_envs, dtype=bool)
        self._log.clear()

    def _on_step(self) -> bool:
        return True

    def _publish(self, terms: Mapping[str, np.ndarray], rewards: np.ndarray) -> None:
        """Log the rollout, forget it, and hand on what it showed.

        Args:
            terms: each ``(T*N,)``.
            rewards: their sums, ``(T, N)``.
        """
        returns, outcomes = self._episodes(rewards)
        self._log.clear()
        assert self.model.ep_info_buffer is not None
        self.model.ep_info_buffer.extend({"r": value, "l": self._log.horizon, "t": 0.0} for value in returns)
        for name, values in terms.items():
            self.logger.record(f"reward/{name}", float(values.mean()))
        sim_steps = self.model.num_timesteps * self._sim_steps_per_step
        self.logger.record("time/simulator_steps", sim_steps)
        if returns:
            self.last_returns = [*self.last_returns, float(np.mean(returns))][-2:]
        point = CurvePoint(
            sim_steps=sim_steps,
            episodes=len(returns),
            success=float(np.mean(outcomes)) if outcomes else None,
            own_return=float(np.mean(returns)) if returns else None,
            terms={name: float(values.mean()) for name, values in terms.items()},
            spread={name: float(values.std()) for name, values in terms.items()},
        )
        self._told(RolloutResult(point, float(np.mean(self.last_returns)) if self.last_returns else None))

    def _episodes(self, rewards: np.ndarray) -> tuple[list[float], list[bool]]:
        """Own returns and outcomes of the whole episodes that ended in the rollout."""
        returns: list[float] = []
        outcomes: list[bool] = []
        for reward, success, ended in zip(rewards, self._log.success, self._log.ended, strict=True):
            self._returns += reward
            self._solved |= success
            counted = ended & self._whole
            returns += self._returns[counted].tolist()
            outcomes += self._solved[counted].tolist()
            self._returns[ended] = 0
            self._solved[ended] = False
            self._whole |= ended
        return returns, outcomes
