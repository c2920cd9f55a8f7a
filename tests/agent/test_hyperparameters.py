from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from text2reward.agent.command_line import command_line
from text2reward.agent.config import config_for, make_config
from text2reward.agent.run import start
from text2reward.cli import _parse, main
from text2reward.envs import get_task
from text2reward.errors import UserError
from text2reward.terminal import running
from text2reward.training.settings import PRESETS, PPOSettings, SACChoices, SACSettings

TOY = {"env": "toy:TASK"}


def test_every_hyperparameter_of_sac_can_be_left_to_the_task_or_the_preset():
    assert list(SACChoices.__dataclass_fields__) == list(SACSettings.__dataclass_fields__)
    assert set(vars(SACChoices()).values()) == {None}
    assert None not in vars(SACSettings()).values()
    assert all(set(values) <= set(SACSettings.__dataclass_fields__) for values in PRESETS.values())


def test_names_are_those_of_stable_baselines3():
    import inspect

    from stable_baselines3 import PPO, SAC
    from stable_baselines3.common.policies import ActorCriticPolicy
    from stable_baselines3.sac.policies import SACPolicy

    for settings, algorithm, policy in ((PPOSettings, PPO, ActorCriticPolicy), (SACSettings, SAC, SACPolicy)):
        known = {*inspect.signature(algorithm).parameters, *inspect.signature(policy).parameters}
        assert set(settings.__dataclass_fields__) - known == {"n_envs", "preset"} & set(settings.__dataclass_fields__)


def test_a_preset_gives_what_is_not_given_and_its_steps():
    config = config_for(None, {**TOY, "algo": "sac", "sac": {"preset": "text2reward", "gamma": 0.9}})
    assert (config.sac.net_arch, config.sac.batch_size, config.sac.gamma) == ((256, 256, 256), 512, 0.9)
    assert config.steps == 1_000_000
    assert config_for(None, {**TOY, "algo": "sac", "sac": {"preset": "text2reward"}, "steps": 5_000}).steps == 5_000
    assert config_for(None, {**TOY, "algo": "sac"}).sac == SACSettings()


def test_a_task_may_want_other_settings_of_sac():
    ant = config_for(None, {"env": "mujoco/Ant-v5", "algo": "sac", "sac": {"tau": 0.02}})
    assert (ant.sac.gamma, ant.sac.tau) == (0.99, 0.02)
    assert ant.steps == get_task("mujoco/Ant-v5").steps


@pytest.mark.parametrize("sac", [{}, {"preset": "text2reward", "use_sde": True, "net_arch": [32]}, {"ent_coef": 0.2}])
def test_a_configuration_of_sac_starts_the_same_run_again(sac):
    config = config_for("Go.", {**TOY, "algo": "sac", "sac": sac, "wandb": "robots"})
    assert "ppo" not in config.to_json()
    assert make_config(config.to_json()) == config
    words = command_line(config).split()
    assert words[words.index("--algo") + 1] == "sac"
    asked = _parse(words[1:])
    assert make_config({**asdict(asked.settings), "instruction": asked.instruction}) == config


def test_ppo_has_what_published_settings_need():
    config = config_for(
        None, {**TOY, "ppo": {"target_kl": 0.05, "activation_fn": "relu", "normalize_advantage": False}}
    )
    assert "--ppo.target-kl 0.05" in command_line(config)
    assert "--ppo.normalize-advantage False" in command_line(config)
    assert make_config(config.to_json()) == config


def test_a_file_of_one_algorithm_may_be_started_with_the_other(tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr(running, "run", lambda settings, *rest, **more: given.append(settings) or 0)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config_for("Go.", {**TOY, "ppo": {"gamma": 0.5}}).to_json()))
    assert main(["run", "--config", str(path), "--algo", "sac", "--sac.tau", "0.5"]) == 0
    assert main(["run", "--config", str(path), "--ppo.n-envs", "3"]) == 0
    assert main(["run", "--config", str(path), "--algo=ppo", "--env", "toy:TASK"]) == 0
    first, second, third = (make_config(settings) for settings in given)
    assert (first.algo, first.sac.tau) == ("sac", 0.5)
    assert (second.algo, second.ppo.gamma, second.ppo.n_envs) == ("ppo", 0.5, 3)
    assert (third.algo, third.ppo.gamma) == ("ppo", 0.5)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"algo": "sac", "ppo": {"gamma": 0.9}}, "--ppo.gamma does not go with --algo sac"),
        ({"sac": {"tau": 0.9}}, "--sac.tau does not go with --algo ppo"),
        ({"algo": "td3"}, "'algo' is wrong"),
        ({"algo": "sac", "device": "cuda"}, "--device cuda does not go with --algo sac"),
        ({"algo": "sac", "sac": {"preset": "text2rewrd"}}, "Did you mean text2reward"),
        ({"algo": "sac", "sac": {"gama": 1}}, "Unknown SAC setting 'gama'. Did you mean gamma"),
        ({"algo": "sac", "sac": 3}, "'sac' is wrong"),
        ({"algo": "sac", "sac": {"batch_size": "x"}}, "'sac.batch_size' is wrong"),
        ({"algo": "sac", "sac": {"ent_coef": "auto_-1"}}, "--sac.ent-coef is auto_-1"),
        ({"algo": "sac", "sac": {"ent_coef": -0.1}}, "--sac.ent-coef is -0.1"),
        ({"algo": "sac", "sac": {"target_entropy": float("nan")}}, "--sac.target-entropy is nan"),
        ({"algo": "sac", "sac": {"buffer_size": 100}}, "--sac.buffer-size is 100. These settings need at least 256"),
        ({"algo": "sac", "sac": {"gradient_steps": 0}}, "Use -1, or 1 and more"),
        ({"algo": "sac", "sac": {"tau": 1.5}}, "--sac.tau is 1.5"),
        ({"algo": "sac", "sac": {"learning_starts": -1}}, "--sac.learning-starts is -1"),
        ({"ppo": {"clip_range_vf": -1}}, "--ppo.clip-range-vf is -1"),
        ({"ppo": {"sde_sample_freq": 0}}, "--ppo.sde-sample-freq is 0"),
        ({"wandb": " "}, "--wandb names no project"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(settings, said):
    with pytest.raises(UserError, match=said):
        config_for(None, {**TOY, **settings})


def test_a_whole_run_with_sac_is_judged_filmed_and_read_like_one_with_ppo(tmp_path, capsys):
    sac = {"learning_starts": 200, "batch_size": 64, "gradient_steps": 2, "net_arch": [32, 32]}
    asked = {**TOY, "algo": "sac", "sac": sac, "steps": 3_072, "held_out": 5, "candidates": 1, "rounds": 1, "jobs": 1}
    run = start(config_for(None, asked), tmp_path)
    assert run.held_out is not None
    assert [video for video in run.best.videos if video.label != "first episode"]
    assert [point.sim_steps for point in run.best.curves][:2] == [512, 1024]
    assert not list(run.folder.glob("candidates/*/s0/checkpoint*"))
    capsys.readouterr()
    assert running.evaluate(str(run.folder), None, None, 5, 0, tmp_path, True, 2) == 0
    assert json.loads(capsys.readouterr().out)["n"] == 5
    assert "--algo sac" in run.started.command
    assert "--sac.gradient-steps 2" in run.started.command
