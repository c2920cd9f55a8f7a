"""PPO: rewards come once per rollout."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecNormalize

from text2reward.envs.task import Task
from text2reward.training.learner import Learner, Told, policy_kwargs
from text2reward.training.reward_scale import RewardScale
from text2reward.training.reward_source import RewardSource
from text2reward.training.rollout_curve import RolloutCurve
from text2reward.training.rollout_rewards import RolloutRewards
from text2reward.training.settings import TrainSettings


class PPOLearner(Learner[PPO]):
    """Collects a rollout without rewards, fills them in, and learns from it."""

    algorithm = PPO

    def resume(self, state: Mapping[str, Any], last_returns: list[float]) -> None:
        """See :meth:`Learner.resume`."""
        super().resume(state, last_returns)
        self._scale.from_json(json.loads(state["scale"]))

    def state(self) -> dict[str, Any]:
        """See :meth:`Learner.state`."""
        return {**super().state(), "scale": json.dumps(self._scale.to_json())}

    def _make_curve(self, task: Task, reward: RewardSource, settings: TrainSettings, told: Told) -> RolloutCurve:
        self._scale = RewardScale(settings.ppo.n_envs, settings.ppo.gamma)
        return RolloutRewards(self._log, reward, self._scale, task.action_repeat, told)

    def _make_env(self) -> VecNormalize:
        return VecNormalize(self._venv, norm_reward=False)

    def _make_model(self) -> PPO:
        ppo = self.settings.ppo
        return PPO(
            "MlpPolicy",
            self.env,
            n_steps=ppo.n_steps,
            batch_size=ppo.batch_size,
            n_epochs=ppo.n_epochs,
            learning_rate=ppo.learning_rate,
            gamma=ppo.gamma,
            gae_lambda=ppo.gae_lambda,
            clip_range=ppo.clip_range,
            clip_range_vf=ppo.clip_range_vf or None,
            normalize_advantage=ppo.normalize_advantage,
            ent_coef=ppo.ent_coef,
            vf_coef=ppo.vf_coef,
            max_grad_norm=ppo.max_grad_norm,
            target_kl=ppo.target_kl or None,
            use_sde=ppo.use_sde,
            sde_sample_freq=ppo.sde_sample_freq,
            policy_kwargs=policy_kwargs(ppo, "log_std_init", "ortho_init"),
            device="cpu",
        )

    def _learn(self, transitions: int) -> None:
        self.model.learn(transitions, callback=self._curve, reset_num_timesteps=False)
