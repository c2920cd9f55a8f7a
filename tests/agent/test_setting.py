from __future__ import annotations

import json

import pytest
import toy
from records import finished_run
from test_loop import config

from text2reward.agent.config import config_for, make_config
from text2reward.agent.run import RunInterrupted, resume, start
from text2reward.agent.setting import recorded
from text2reward.envs import get_task
from text2reward.errors import RecordError, RunStopped, UserError
from text2reward.record.events import Trained
from text2reward.terminal import running
from text2reward.training.settings import PPOChoices, PPOSettings

NEVER = "def happened(states):\n    return False\n"
ALWAYS = "def happened(states):\n    return True\n"
QUICK = {"rounds": 1, "candidates": 1, "steps": 2_000}


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(NEVER)
    return path


def solved(capsys, policy, judge=None) -> int:
    capsys.readouterr()
    running.evaluate(str(policy), None, judge and str(judge), 6, 0, policy, True, 2)
    return json.loads(capsys.readouterr().out)["k"]


def test_a_judge_of_ones_own_decides_a_run_and_the_run_keeps_it(tmp_path, mine, capsys):
    run = start(config(judge=str(mine), **QUICK), tmp_path / "runs")
    assert run.held_out.success.k == 0
    assert not any(video.solved for video in run.best.videos)
    assert run.config["judge"] == str(mine)
    assert f"--judge {mine}" in run.started.command
    mine.write_text(ALWAYS)
    assert solved(capsys, run.folder) == 0
    assert solved(capsys, run.best.policy_path.parent) == 0
    assert solved(capsys, run.folder, mine) == 6
    assert recorded(run).judge == str(run.folder / "judge.py")


def test_an_interrupted_run_goes_on_with_the_judge_it_keeps(tmp_path, mine):
    def interrupt(event):
        if isinstance(event, Trained):
            raise KeyboardInterrupt

    with pytest.raises((RunInterrupted, KeyboardInterrupt)):
        start(config(judge=str(mine), **QUICK), tmp_path / "runs", interrupt)
    mine.unlink()
    run = resume(next((tmp_path / "runs").iterdir()))
    assert run.held_out.success.k == 0


def test_a_judge_that_goes_wrong_begins_no_run(tmp_path, mine):
    mine.write_text("def happened(states):\n    return bool(states['hand.pos'].any())\n")
    seen = []
    with pytest.raises(UserError, match=r"mine\.py, line 2: KeyError: 'hand\.pos'") as problem:
        start(config(judge=str(mine), **QUICK), tmp_path / "runs", seen.append)
    assert problem.value.exit_code == 2
    assert not seen
    assert not (tmp_path / "runs").exists()


def test_a_judge_that_goes_wrong_later_is_named_and_mended_where_the_run_keeps_it(tmp_path, mine):
    now = tmp_path / "now"
    mine.write_text(f"import os\ndef happened(states):\n    return 1 / (not os.path.exists({str(now)!r})) > 0\n")
    with pytest.raises(RunStopped, match=r"judge\.py, line 3: ZeroDivisionError.*text2reward resume") as problem:
        start(config(judge=str(mine), **QUICK), tmp_path / "runs", lambda event: now.touch())
    folder = next((tmp_path / "runs").iterdir())
    assert str(folder / "judge.py") in str(problem.value)
    (folder / "judge.py").write_text(ALWAYS)
    assert resume(folder).held_out.success.value == 1


def test_a_task_may_want_other_ppo_settings_and_a_person_has_the_last_word(monkeypatch):
    asked = {"env": "toy:TASK"}
    assert config_for(None, asked).ppo == PPOSettings()
    assert config_for(None, asked).steps == toy.TASK.steps
    hopper = config_for(None, {"env": "mujoco/Hopper-v5", "ppo": {"n_steps": 8, "gamma": None}})
    assert (hopper.ppo.n_steps, hopper.ppo.gamma) == (8, 0.99)
    assert hopper.steps == get_task("mujoco/Hopper-v5").steps
    assert config_for(None, {"env": "mujoco/Hopper-v5", "steps": 1_000}).steps == 1_000
    assert make_config(hopper.to_json()) == hopper


def test_every_hyperparameter_can_be_left_to_the_task():
    assert list(PPOChoices.__dataclass_fields__) == list(PPOSettings.__dataclass_fields__)
    assert set(vars(PPOChoices()).values()) == {None}
    assert None not in vars(PPOSettings()).values()


NEWER = [{"hindsight": True}, {"ppo": {"gama": 0.9}}, {"stages": {"training": {"haste": 2}}}]


@pytest.mark.parametrize("setting", NEWER)
def test_a_setting_that_a_newer_version_wrote_is_not_left_out_in_silence(tmp_path, setting):
    run = finished_run(tmp_path, episodes=False, **setting)
    with pytest.raises(RecordError, match=r"Unknown .*'(hindsight|gama|haste)'.*was started with it\. Update text2re"):
        recorded(run)
