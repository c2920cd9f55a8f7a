"""Rewards that come at every step, for a learner that learns while it collects."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from stable_baselines3.common.vec_env.base_vec_env import VecEnvStepReturn

from text2reward.envs.simulator import Simulator
from text2reward.training.reward_source import RewardSource
from text2reward.training.rollout import RolloutLog
from text2reward.training.rollout_curve import RolloutCurve, RolloutResult
from text2reward.training.vector_env import SimulatorVecEnv


class RewardedVecEnv(SimulatorVecEnv):
    """Asks for the rewards of every step of all environments in one call, and keeps the terms of the rollout.

    Args:
        simulator: what is stepped.
        log: filled at every step; emptied when the rollout was published.
        reward: where rewards come from.
    """

    def __init__(self, simulator: Simulator, log: RolloutLog, reward: RewardSource) -> None:
        super().__init__(simulator, log)
        self._reward = reward
        self._terms: list[Mapping[str, np.ndarray]] = []

    def step_wait(self) -> VecEnvStepReturn:
        """One control step, with its rewards."""
        observation, _, dones, infos = super().step_wait()
        terms = self._reward(self.log.newest())
        self._terms.append(terms)
        return observation, _summed(terms), dones, infos

    def take_terms(self) -> dict[str, np.ndarray]:
        """The terms of all steps since they were taken last, each ``(T*N,)``, step-major."""
        taken, self._terms = self._terms, []
        return {name: np.concatenate([terms[name] for terms in taken]) for name in taken[0]}

    def forget_terms(self) -> None:
        """A rollout was broken off."""
        self._terms = []


class StepRewards(RolloutCurve):
    """Publishes a rollout each time the log is full; writes what Stable-Baselines3 logs then, too.

    Args:
        log: what the environment logs.
        env: has the terms.
        sim_steps_per_step: simulator steps in one control step of one environment.
        told: called after each rollout; what it raises ends the training.
    """

    def __init__(
        self,
        log: RolloutLog,
        env: RewardedVecEnv,
        sim_steps_per_step: int,
        told: Callable[[RolloutResult], None],
    ) -> None:
        super().__init__(log, sim_steps_per_step, told)
        self._env = env

    def restart(self) -> None:
        """See :meth:`RolloutCurve.restart`."""
        super().restart()
        self._env.forget_terms()

    def _on_rollout_end(self) -> None:
        """Called after every turn of collecting, of which a rollout has several."""
        if self._log.step < self._log.steps:
            return
        terms = self._env.take_terms()
        self._publish(terms, _summed(terms).reshape(self._log.ended.shape))  # (T*N,) -> (T, N)
        self.model.dump_logs()


def _summed(terms: Mapping[str, np.ndarray]) -> np.ndarray:
    return np.asarray(np.sum([*terms.values()], axis=0, dtype=np.float32))
