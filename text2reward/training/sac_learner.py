"""SAC: rewards come with every step, and what was seen is learned from again and again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from stable_baselines3 import SAC
from stable_baselines3.common.buffers import NStepReplayBuffer, ReplayBuffer
from stable_baselines3.common.running_mean_std import RunningMeanStd
from stable_baselines3.common.vec_env import VecNormalize

from text2reward.envs.simulator import Simulator
from text2reward.envs.task import Task
from text2reward.training.learner import Learner, Told, policy_kwargs
from text2reward.training.reward_source import RewardSource
from text2reward.training.rollout_curve import RolloutCurve
from text2reward.training.settings import SACSettings, TrainSettings
from text2reward.training.step_rewards import RewardedVecEnv, StepRewards
from text2reward.training.vector_env import SimulatorVecEnv

_ARRAYS = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")


class SACLearner(Learner[SAC]):
    """Asks for the rewards of each step of all environments at once, and learns between steps.

    The replay buffer holds observations and rewards as they came; they are normalised when they are sampled, with the
    statistics of that moment. So all rewards in a batch have one scale, which a scale fixed when they were stored would
    not give. It is that of PPO: the running deviation of the discounted return. Without it, the weight of the entropy
    would depend on the size of a reward program's terms.
    """

    algorithm = SAC

    def resume(self, state: Mapping[str, Any], last_returns: list[float]) -> None:
        """See :meth:`Learner.resume`."""
        super().resume(state, last_returns)
        _fill(self._replay, state["replay"])

    def state(self) -> dict[str, Any]:
        """See :meth:`Learner.state`; the replay buffer as far as it is filled, without copying it."""
        replay = self._replay
        filled = {name: torch.from_numpy(getattr(replay, name)[: replay.size()]) for name in _ARRAYS}
        return {**super().state(), "replay": {**filled, "pos": replay.pos, "full": replay.full}}

    @property
    def _replay(self) -> ReplayBuffer:
        assert self.model.replay_buffer is not None
        return self.model.replay_buffer

    def _make_venv(self, simulator: Simulator, reward: RewardSource) -> SimulatorVecEnv:
        self._rewarded = RewardedVecEnv(simulator, self._log, reward)
        return self._rewarded

    def _make_curve(self, task: Task, reward: RewardSource, settings: TrainSettings, told: Told) -> RolloutCurve:
        return StepRewards(self._log, self._rewarded, task.action_repeat, told)

    def _make_env(self) -> VecNormalize:
        env = VecNormalize(self._venv, gamma=self.settings.sac.gamma)
        env.ret_rms = RunningMeanStd(epsilon=1e-9, shape=())  # rewards may be smaller than the usual prior's
        return env

    def _make_model(self) -> SAC:
        sac = self.settings.sac
        return SAC(
            "MlpPolicy",
            self.env,
            learning_rate=sac.learning_rate,
            buffer_size=sac.buffer_size,
            learning_starts=sac.learning_starts,
            batch_size=sac.batch_size,
            tau=sac.tau,
            gamma=sac.gamma,
            train_freq=sac.train_freq,
            gradient_steps=sac.gradient_steps,
            **_n_step(sac),
            ent_coef=sac.ent_coef,
            target_update_interval=sac.target_update_interval,
            target_entropy=sac.target_entropy,
            use_sde=sac.use_sde,
            sde_sample_freq=sac.sde_sample_freq,
            use_sde_at_warmup=sac.use_sde_at_warmup,
            policy_kwargs=policy_kwargs(sac, "log_std_init"),
            device="cpu",
        )

    def _learn(self, transitions: int) -> None:
        # Logs are written once per rollout and not once in so many episodes, which all end together.
        self.model.learn(transitions, callback=self._curve, log_interval=None, reset_num_timesteps=False)  # type: ignore[arg-type]
        self._replay.timeouts[self._replay.pos - 1] = True  # what is stored next begins elsewhere


def _n_step(sac: SACSettings) -> dict[str, Any]:
    """What makes values learned from returns over several steps; SAC's own ``n_steps`` warns when it is loaded."""
    if sac.n_steps == 1:
        return {}
    several = {"n_steps": sac.n_steps, "gamma": sac.gamma}
    return {"replay_buffer_class": NStepReplayBuffer, "replay_buffer_kwargs": several}


def _fill(replay: ReplayBuffer, stored: Mapping[str, Any]) -> None:
    for name in _ARRAYS:
        values: np.ndarray = stored[name].numpy()
        getattr(replay, name)[: len(values)] = values
    replay.pos, replay.full = stored["pos"], stored["full"]
