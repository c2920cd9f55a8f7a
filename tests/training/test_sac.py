from __future__ import annotations

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest
import toy
from stable_baselines3 import TD3
from test_trainer import PLAIN_SB3, goes_on_to_the_same_result

from text2reward.envs import Task, get_task
from text2reward.errors import UserError
from text2reward.training.evaluate import Judge, success_rate
from text2reward.training.policy import Policy
from text2reward.training.reward_source import NativeReward, ProgramReward
from text2reward.training.sac_learner import SACLearner
from text2reward.training.seeds import episode_seeds, stream
from text2reward.training.settings import SACSettings, TrainSettings
from text2reward.training.trainer import Trainer

SAC = SACSettings(n_envs=16, learning_starts=256, batch_size=64, gradient_steps=4, net_arch=(32, 32), buffer_size=4_000)
SLOW = dataclasses.replace(SAC, gradient_steps=1)
ROLLOUT = SAC.n_envs * SAC.steps_per_rollout
QUICK = TrainSettings(sim_steps=12 * ROLLOUT, algo="sac", sac=SAC, select_episodes=20)


def trainer(folder, task: Task = toy.TASK, reward=None, settings=QUICK, told=lambda point: None) -> Trainer:
    return Trainer(task, reward or NativeReward(), settings, 0, (1, 1, 0), folder, told)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A training that proved its target: its folder, its outcome and its points."""
    folder, points = tmp_path_factory.mktemp("sac"), []
    outcome = trainer(folder, told=points.append).run()
    return folder, outcome, points


def test_a_policy_learns_and_proves_the_target(trained):
    folder, outcome, points = trained
    assert outcome.reason == "target"
    assert outcome.select.low > 0.9
    assert [point.sim_steps for point in points[:3]] == [ROLLOUT, 2 * ROLLOUT, 3 * ROLLOUT]
    fresh = Judge(toy.TASK)(Policy.load(folder), episode_seeds(0, "held-out", 50))
    assert success_rate(fresh).value > 0.9


def test_plain_stable_baselines_loads_and_scores_the_policy(trained):
    program = PLAIN_SB3.replace("import PPO", "import SAC").replace("PPO.load", "SAC.load")
    done = subprocess.run([sys.executable, "-c", program, str(trained[0])], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) >= 27


def test_tensorboard_has_the_tags_that_ppo_has_and_those_of_sac(trained):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    logs = EventAccumulator(str(trained[0] / "tensorboard"))
    logs.Reload()
    tags = set(logs.Tags()["scalars"])
    assert {"rollout/ep_rew_mean", "rollout/ep_len_mean", "rollout/success_rate", "time/fps"} <= tags
    assert {"train/actor_loss", "train/critic_loss", "train/ent_coef", "reward/native", "time/simulator_steps"} <= tags
    assert {scalar.value for scalar in logs.Scalars("rollout/ep_len_mean")} == {toy.HORIZON}
    steps = [scalar.step for scalar in logs.Scalars("reward/native")]
    assert steps == [ROLLOUT * (n + 1) for n in range(len(steps))]  # once per rollout


@pytest.mark.parametrize("changes", [{}, {"n_steps": 3, "train_freq": 2, "use_sde": True, "ent_coef": 0.05}])
def test_a_killed_training_goes_on_to_the_same_result(tmp_path, changes):
    sac = dataclasses.replace(SLOW, **changes)
    goes_on_to_the_same_result(tmp_path, toy.TASK, sac.n_envs * sac.steps_per_rollout, algo="sac", sac=sac)


def test_what_is_paused_goes_on(tmp_path):
    settings = dataclasses.replace(QUICK, sim_steps=4 * ROLLOUT, stop_at_target=False, sac=SLOW)
    trainer(tmp_path / "whole", settings=settings).run()
    heat = trainer(tmp_path / "parts", settings=dataclasses.replace(settings, pause_after=2 * ROLLOUT)).run()
    assert (heat.reason, heat.sim_steps) == ("heat", 2 * ROLLOUT)
    done = trainer(tmp_path / "parts", settings=settings).run()
    assert (done.reason, done.sim_steps) == ("steps", 4 * ROLLOUT)
    assert (tmp_path / "parts/curves.csv").read_text() == (tmp_path / "whole/curves.csv").read_text()


class Counted:
    """The native reward; keeps the sizes of the batches it was asked for."""

    def __init__(self, factor: float = 1.0) -> None:
        self.factor, self.sizes = factor, []

    def __call__(self, batch):
        self.sizes.append(len(batch))
        return {"half": 0.5 * self.factor * batch.native_reward, "rest": 0.5 * self.factor * batch.native_reward}


def learner(reward) -> SACLearner:
    sac = dataclasses.replace(SAC, learning_starts=10_000)  # it only collects
    made = SACLearner(toy.TASK, reward, TrainSettings(algo="sac", sac=sac), lambda result: None)
    made.begin(0)
    made.learn(2, stream(0, "train"))
    return made


def test_the_reward_is_asked_once_per_step_of_all_environments_and_goes_to_the_buffer():
    reward = Counted()
    replay = learner(reward).model.replay_buffer
    assert reward.sizes == [SAC.n_envs] * (2 * SAC.steps_per_rollout)
    stored = slice(0, replay.pos)
    assert replay.pos == 2 * SAC.steps_per_rollout
    hand, goal = replay.next_observations[stored, :, :3], replay.next_observations[stored, :, 3:]
    assert replay.rewards[stored] == pytest.approx(-np.linalg.norm(hand - goal, axis=-1), abs=1e-4)


def test_the_end_of_an_episode_is_a_time_limit_and_what_follows_it_is_not_the_next_state():
    replay = learner(NativeReward()).model.replay_buffer
    ended = replay.dones[: replay.pos] == 1
    assert ended.any(axis=0).all()
    assert (replay.timeouts[: replay.pos][ended] == 1).all()
    goals = replay.observations[: replay.pos, :, 3:], replay.next_observations[: replay.pos, :, 3:]
    assert goals[0][ended] == pytest.approx(goals[1][ended], abs=1e-4)  # the next episode has another goal
    assert (replay.timeouts[replay.pos - 1] == 1).all()  # nor does the next segment go on from here
    sampled = replay.sample(500)
    assert sampled.dones.sum() == 0  # values are bootstrapped everywhere


def test_the_size_of_a_reward_does_not_matter():
    sizes = []
    for factor in (1e-3, 1.0, 1e3):
        made = learner(Counted(factor))
        rewards = made.env.normalize_reward(made.model.replay_buffer.rewards[:64])
        sizes.append(float(np.abs(rewards).mean()))
    assert max(sizes) / min(sizes) < 1.5


def test_a_reward_program_trains_through_its_process(tmp_path, rewards):
    process = rewards.process(toy.TASK.layout, 3, SAC.n_envs)
    process.load(toy.REACH)
    points = []
    settings = dataclasses.replace(QUICK, sim_steps=3 * ROLLOUT)
    trainer(tmp_path, reward=ProgramReward(process), settings=settings, told=points.append).run()
    process.close()
    assert [set(point.terms) for point in points] == [{"near", "nearer"}] * 3
    assert points[-1].own_return is not None


def test_a_policy_of_another_algorithm_is_refused_in_words(tmp_path, trained):
    import gymnasium

    TD3("MlpPolicy", gymnasium.make("Pendulum-v1"), device="cpu", buffer_size=10).save(tmp_path / "policy.zip")
    (tmp_path / "vecnormalize.pkl").write_bytes((trained[0] / "vecnormalize.pkl").read_bytes())
    with pytest.raises(UserError, match="trained by neither PPO nor SAC"):
        Policy.load(tmp_path)


@pytest.mark.long
def test_sac_learns_metaworld(tmp_path):
    task = get_task("metaworld/button-press-v3")
    outcome = trainer(tmp_path, task, settings=TrainSettings(sim_steps=100_000, algo="sac")).run()
    assert outcome.reason == "target"
    assert outcome.sim_steps < 100_000


@pytest.mark.long
def test_a_killed_training_on_metaworld_goes_on_to_the_same_result(tmp_path):
    goes_on_to_the_same_result(tmp_path, get_task("metaworld/window-close-v3"), ROLLOUT, algo="sac", sac=SAC)
