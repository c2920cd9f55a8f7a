"""Fills in a rollout's rewards in one call when the rollout is complete."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from stable_baselines3.common.buffers import RolloutBuffer

from text2reward.training.reward_scale import RewardScale
from text2reward.training.reward_source import RewardSource
from text2reward.training.rollout import RolloutLog
from text2reward.training.rollout_curve import RolloutCurve, RolloutResult


class RolloutRewards(RolloutCurve):
    """Computes rewards, scales them, and has the buffer compute its advantages with them.

    Stable-Baselines3 adds gamma x V(terminal) to the (zero) reward of every step that a time limit ended, and computes
    advantages before this callback is told; so rewards are added to the buffer's and the advantages computed again.

    Args:
        log: what the environment logged during the rollout.
        reward: where rewards come from.
        scale: brings them to PPO's scale.
        sim_steps_per_step: simulator steps in one control step of one environment.
        told: called after each rollout; what it raises ends the training.
    """

    def __init__(
        self,
        log: RolloutLog,
        reward: RewardSource,
        scale: RewardScale,
        sim_steps_per_step: int,
        told: Callable[[RolloutResult], None],
    ) -> None:
        super().__init__(log, sim_steps_per_step, told)
        self._reward, self._scale = reward, scale

    def restart(self) -> None:
        """See :meth:`RolloutCurve.restart`."""
        super().restart()
        self._scale.restart()

    def _on_rollout_end(self) -> None:
        log = self._log
        terms = self._reward(log.transitions())
        rewards = np.sum([*terms.values()], axis=0).reshape(log.ended.shape)  # (T*N,) -> (T, N)
        buffer: RolloutBuffer = self.model.rollout_buffer  # type: ignore[attr-defined]
        buffer.rewards += self._scale(rewards, log.ended)
        buffer.compute_returns_and_advantage(last_values=self.locals["values"], dones=self.locals["dones"])
        self._publish(terms, rewards)
