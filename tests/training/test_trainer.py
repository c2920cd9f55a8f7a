from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
import toy

from text2reward.envs import Task, get_task
from text2reward.sandbox.reward_process import RewardFault
from text2reward.training.checkpoint import Checkpoint
from text2reward.training.evaluate import Episode, Judge, prove, success_rate
from text2reward.training.policy import Policy
from text2reward.training.reward_source import NativeReward, ProgramReward, SuccessReward
from text2reward.training.seeds import episode_seeds
from text2reward.training.settings import PPOSettings, TrainSettings
from text2reward.training.trainer import Trainer
from text2reward.training.workers import Workers

PPO = PPOSettings(n_envs=8, n_steps=32, batch_size=64, n_epochs=5, learning_rate=3e-3)
SHORT = TrainSettings(sim_steps=20_000, ppo=PPO, select_episodes=20)


def trainer(folder, task: Task = toy.TASK, reward=None, settings=SHORT, told=lambda point: None) -> Trainer:
    return Trainer(task, reward or NativeReward(), settings, 0, (1, 1, 0), folder, told)


def test_a_policy_learns_and_proves_the_target(tmp_path):
    outcome = trainer(tmp_path).run()
    assert outcome.reason == "target"
    assert outcome.select.low > 0.9
    assert outcome.sim_steps < SHORT.sim_steps
    judge = Judge(toy.TASK)
    fresh = judge(Policy.load(tmp_path), episode_seeds(0, "held-out", 50))
    assert success_rate(fresh).value > 0.9


def test_a_reward_program_trains_through_its_process(tmp_path, rewards):
    process = rewards.process(toy.TASK.layout, 3, 256)
    process.load(toy.REACH)
    points = []
    outcome = trainer(tmp_path, reward=ProgramReward(process), told=points.append).run()
    process.close()
    assert outcome.reason == "target"
    assert set(points[0].terms) == {"near", "nearer"}
    assert points[-1].terms["near"] > points[0].terms["near"]


def test_a_program_that_fails_in_training_ends_it_with_its_finding(tmp_path, rewards):
    process = rewards.process(toy.TASK.layout, 3, 256)
    process.load(
        "import torch\ndef compute_reward(state, action, prev):\n    return {'a': torch.log(action[:, 0] - 9)}"
    )
    with pytest.raises(RewardFault, match="not-finite"):
        trainer(tmp_path, reward=ProgramReward(process)).run()
    process.close()


class Killed(Exception):
    """Stands for a kill at a moment of the test's choosing."""


def weights(folder) -> dict[str, torch.Tensor]:
    with zipfile.ZipFile(folder / "policy.zip") as archive, archive.open("policy.pth") as file:
        return torch.load(file, weights_only=True)


@pytest.mark.parametrize("task", [toy.TASK, get_task("metaworld/window-close-v3")], ids=["toy", "metaworld"])
def test_a_killed_training_goes_on_to_the_same_result(tmp_path, task):
    goes_on_to_the_same_result(tmp_path, task, 8 * 32, ppo=PPO)


def goes_on_to_the_same_result(folder, task: Task, transitions: int, **algorithm) -> None:
    """A training of six rollouts of so many transitions, killed in its second third, is equal to one that was not."""
    rollout = transitions * task.action_repeat
    settings = TrainSettings(
        sim_steps=6 * rollout, checkpoint_share=1 / 3, stop_at_target=False, select_episodes=10, **algorithm
    )
    whole = trainer(folder / "whole", task, settings=settings).run()

    def die_in_the_second_segment(point):
        if point.sim_steps == 3 * rollout:
            raise Killed

    with pytest.raises(Killed):
        trainer(folder / "killed", task, settings=settings, told=die_in_the_second_segment).run()
    points = []
    resumed = trainer(folder / "killed", task, settings=settings, told=points.append).run()

    assert [point.sim_steps for point in points] == [3 * rollout, 4 * rollout, 5 * rollout, 6 * rollout]
    assert resumed == whole
    assert (folder / "killed/curves.csv").read_text() == (folder / "whole/curves.csv").read_text()
    expected, got = weights(folder / "whole"), weights(folder / "killed")
    assert all(torch.equal(got[name], value) for name, value in expected.items())


def test_seconds_before_a_kill_count_up_to_the_last_checkpoint(tmp_path):
    settings = dataclasses.replace(SHORT, sim_steps=2_000, stop_at_target=False, select_episodes=2)

    def die(point):
        if point.sim_steps > 1_000:
            raise Killed

    with pytest.raises(Killed):
        trainer(tmp_path, settings=settings, told=die).run()
    checkpoint = Checkpoint(tmp_path / "checkpoint")
    state, progress = checkpoint.read()
    assert 0 < progress.wall_s < 100
    progress.wall_s += 1_000
    checkpoint.write(state, progress)
    assert 1_000 < trainer(tmp_path, settings=settings).run().wall_s < 1_200


def test_the_same_seed_gives_the_same_policy_and_another_seed_another(tmp_path):
    settings = dataclasses.replace(SHORT, sim_steps=2_000, stop_at_target=False)
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        Trainer(toy.TASK, NativeReward(), settings, seed, (1, 1, 0), tmp_path / name).run()
    a, b, c = (weights(tmp_path / name) for name in "abc")
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not all(torch.equal(a[name], c[name]) for name in a)


def test_the_better_of_last_and_peak_is_kept(tmp_path):
    class Spoiled:
        """A reward that turns against itself late in the training, as flooding rewards do."""

        calls = 0

        def __call__(self, batch):
            self.calls += 1
            sign = 1 if self.calls < 90 else -1
            return {"distance": sign * batch.native_reward + (3 if sign > 0 else 0)}

    settings = dataclasses.replace(SHORT, sim_steps=150 * 256, stop_at_target=False)
    outcome = trainer(tmp_path, reward=Spoiled(), settings=settings).run()
    assert outcome.kept == "peak"
    assert outcome.kept_sim_steps <= 91 * 256
    assert outcome.select.value > 0.3  # the last policy runs away from the goal


def test_what_was_kept_at_a_pause_is_kept_unless_something_better_follows(tmp_path):
    settings = dataclasses.replace(SHORT, sim_steps=150 * 256, stop_at_target=False)
    half = dataclasses.replace(settings, pause_after=75 * 256)
    good = trainer(tmp_path, settings=half).run()
    assert (good.reason, good.sim_steps) == ("heat", 75 * 256)
    bad = trainer(tmp_path, reward=Backwards(), settings=settings).run()
    assert (bad.reason, bad.sim_steps, bad.kept_sim_steps) == ("steps", 150 * 256, good.kept_sim_steps)
    assert bad.episodes == good.episodes
    last = trainer(tmp_path / "last", settings=dataclasses.replace(half, keep="last")).run()
    assert last.kept_sim_steps == 75 * 256


class Backwards:
    """The native reward, turned around."""

    def __call__(self, batch):
        return {"native": -batch.native_reward}


def test_a_policy_that_may_have_passed_when_its_training_ends_is_judged_on(tmp_path, monkeypatch):
    monkeypatch.setattr("text2reward.training.trainer._BETWEEN_ATTEMPTS", 10**9)
    outcome = trainer(tmp_path / "on", settings=dataclasses.replace(SHORT, target=0.5)).run()
    assert outcome.reason == "target"
    assert outcome.select.low > 0.5
    unasked = dataclasses.replace(SHORT, target=0.5, stop_at_target=False)
    assert trainer(tmp_path / "off", settings=unasked).run().reason == "steps"


def test_a_training_that_uses_all_its_steps_says_so(tmp_path):
    for patience in (None, 20_000, 50_000):
        settings = dataclasses.replace(SHORT, sim_steps=3_000, give_up_after=patience)
        outcome = trainer(tmp_path / str(patience), reward=SuccessReward(), settings=settings).run()
        assert (outcome.reason, outcome.sim_steps) == ("steps", 12 * 256)


def test_giving_up_ends_a_training_that_cannot_win(tmp_path):
    settings = dataclasses.replace(SHORT, give_up_after=5_000)
    outcome = trainer(tmp_path, reward=SuccessReward(), settings=settings).run()
    assert outcome.reason in ("gave-up", "target")
    assert outcome.sim_steps <= 8_000


PLAIN_SB3 = """
import json, pickle, sys
sys.modules["text2reward"] = None
import gymnasium, numpy as np
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

class Reach(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (6,), np.float32)
    action_space = gymnasium.spaces.Box(-1, 1, (3,), np.float32)
    def reset(self, seed=None, options=None):
        self.goal = np.random.default_rng(self.episode).uniform(-0.6, 0.6, 3); self.hand = np.zeros(3); self.t = 0
        self.episode += 1
        return self.look(), {}
    episode = 1000
    def look(self): return np.concatenate([self.hand, self.goal]).astype(np.float32)
    def step(self, action):
        self.hand = np.clip(self.hand + 0.1 * action, -1, 1); self.t += 1
        near = np.linalg.norm(self.hand - self.goal) < 0.15
        return self.look(), float(near), False, self.t >= 20, {}

env = VecNormalize.load(sys.argv[1] + "/vecnormalize.pkl", DummyVecEnv([Reach]))
env.training = env.norm_reward = False
model = PPO.load(sys.argv[1] + "/policy.zip", env=env, device="cpu")
solved = 0
for _ in range(30):
    observation, done, once = env.reset(), [False], False
    while not done[0]:
        observation, reward, done, _ = env.step(model.predict(observation, deterministic=True)[0])
        once = once or reward[0] > 0
    solved += once
print(int(solved))
"""


def test_what_is_collected_lies_where_the_caller_stands(tmp_path, monkeypatch):
    workers = Workers(toy.TASK, "toy:TASK")
    workers.start()
    for name in ("here", "there"):  # workers were forked from a server that began elsewhere
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        workers.bank(Path("bank.npz"), 64, 0)
        assert (tmp_path / name / "bank.npz").is_file()


def test_plain_stable_baselines_loads_and_scores_the_policy(tmp_path):
    trainer(tmp_path).run()
    done = subprocess.run([sys.executable, "-c", PLAIN_SB3, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) >= 27


def test_tensorboard_has_the_usual_tags_and_a_curve_per_term(tmp_path, rewards):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    process = rewards.process(toy.TASK.layout, 3, 256)
    process.load(toy.REACH)
    trainer(tmp_path, reward=ProgramReward(process)).run()
    process.close()
    logs = EventAccumulator(str(tmp_path / "tensorboard"))
    logs.Reload()
    tags = set(logs.Tags()["scalars"])
    assert {"rollout/ep_rew_mean", "rollout/ep_len_mean", "rollout/success_rate", "time/fps"} <= tags
    assert {"train/loss", "train/value_loss", "train/explained_variance"} <= tags
    assert {"reward/near", "reward/nearer"} <= tags
    lengths = {scalar.value for scalar in logs.Scalars("rollout/ep_len_mean")}
    assert lengths == {toy.HORIZON}


@pytest.mark.parametrize("at_least", [0, 30])
def test_a_proof_of_a_low_target_comes_with_all_common_episodes(at_least):
    def judge(act, seeds):
        return [Episode(seed, True, True, 1) for seed in seeds]

    episodes = prove(judge, lambda observation: observation, list(range(30)), 0.5, at_least)
    assert len(episodes) == (at_least or 10)


def test_the_judge_does_not_depend_on_how_episodes_are_batched():
    judge = Judge(toy.TASK)
    expert = toy.expert(toy.TASK)

    def act(observation):
        return np.stack([expert(row) for row in observation])

    seeds = episode_seeds(0, "held-out", 23)
    together = judge(act, seeds)
    assert [episode.seed for episode in together] == list(seeds)
    assert together[7:9] == judge(act, seeds[7:9])
    assert all(episode.success_once and episode.success_at_end for episode in together)
    assert all(1 <= episode.solved_at <= 10 for episode in together)
