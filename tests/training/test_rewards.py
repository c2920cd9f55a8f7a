from __future__ import annotations

import numpy as np
import pytest
import toy
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecNormalize

from text2reward.training.reward_scale import RewardScale
from text2reward.training.reward_source import NativeReward, SuccessReward
from text2reward.training.rollout import RolloutLog
from text2reward.training.rollout_rewards import RolloutRewards
from text2reward.training.vector_env import SimulatorVecEnv

STEPS, ENVS = 32, 4


class Unscaled(RewardScale):
    def __call__(self, rewards, ended):
        return rewards


class ImmediateEnv(SimulatorVecEnv):
    """Returns the simulator's reward at once, as environments usually do."""

    def step_wait(self):
        observation, _, dones, infos = super().step_wait()
        self.log.step = 0
        return observation, self.log.native_reward[0].copy(), dones, infos


class Keep(BaseCallback):
    """Copies what the buffer holds when training starts from it."""

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        buffer = self.model.rollout_buffer
        self.advantages, self.returns = buffer.advantages.copy(), buffer.returns.copy()


def learn(env_type, callbacks):
    log = RolloutLog(toy.TASK, STEPS, ENVS)
    venv = env_type(toy.ToySimulator(toy.TASK, ENVS), log)
    venv.plan_reset(range(ENVS), np.random.default_rng(0))
    model = PPO("MlpPolicy", venv, n_steps=STEPS, batch_size=32, seed=3, device="cpu")
    venv.plan_reset(range(ENVS), np.random.default_rng(0))
    keep = Keep()
    model.learn(STEPS * ENVS, callback=[*callbacks(log), keep])
    return keep


def test_rewards_at_the_rollouts_end_train_as_rewards_at_every_step_do():
    def at_the_end(log):
        callback = RolloutRewards(log, NativeReward(), Unscaled(ENVS, 0.99), 1, lambda result: None)
        callback.restart()
        return [callback]

    late = learn(SimulatorVecEnv, at_the_end)
    at_once = learn(ImmediateEnv, lambda log: [])
    assert np.abs(at_once.returns).max() > 1
    assert late.advantages == pytest.approx(at_once.advantages, abs=1e-4)
    assert late.returns == pytest.approx(at_once.returns, abs=1e-4)


def test_curves_count_whole_episodes_only_and_their_own_return():
    log = RolloutLog(toy.TASK, toy.HORIZON, ENVS)
    results = []
    callback = RolloutRewards(log, SuccessReward(), RewardScale(ENVS, 0.99), 3, results.append)
    venv = SimulatorVecEnv(toy.ToySimulator(toy.TASK, ENVS), log)
    venv.plan_reset(range(ENVS), np.random.default_rng(0))
    model = PPO("MlpPolicy", VecNormalize(venv, norm_reward=False), n_steps=toy.HORIZON, batch_size=20, device="cpu")
    callback.restart()
    venv.plan_reset(range(ENVS), np.random.default_rng(0))
    model.learn(toy.HORIZON * ENVS * 3, callback=callback)
    episodes = [result.point.episodes for result in results]
    assert episodes[0] == 0  # every first episode is a short one
    assert sum(episodes) == 2 * ENVS
    assert [result.point.sim_steps for result in results] == [3 * toy.HORIZON * ENVS * n for n in (1, 2, 3)]
    assert results[0].point.success is None
    assert 0 <= results[-1].point.success <= 1
    assert len(model.ep_info_buffer) == 2 * ENVS


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_scaled_rewards_do_not_depend_on_the_rewards_size(size):
    rng = np.random.default_rng(0)
    rewards, ended = rng.normal(size=(200, 8)), rng.random((200, 8)) < 0.05
    plain, scaled = RewardScale(8, 0.97), RewardScale(8, 0.97)
    assert scaled(size * rewards, ended) == pytest.approx(plain(rewards, ended), rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("constant", [0.0, 1e-9, 1.0, 1e4])
def test_a_constant_reward_does_not_explode(constant):
    scale = RewardScale(8, 0.97)
    for _ in range(20):
        scaled = scale(np.full((64, 8), constant), np.zeros((64, 8), dtype=bool))
    assert np.isfinite(scaled).all()
    assert np.abs(scaled).max() <= 10


def test_a_scale_goes_on_from_its_checkpoint():
    rng = np.random.default_rng(0)
    rewards, ended = rng.normal(size=(64, 4)), np.zeros((64, 4), dtype=bool)
    one = RewardScale(4, 0.97)
    one(rewards, ended)
    other = RewardScale(4, 0.97)
    other.from_json(one.to_json())
    one.restart()
    assert np.array_equal(one(rewards, ended), other(rewards, ended))
