"""A person's program, in whatever style: checked before anything is spent, trained as it is, and improved on."""

from __future__ import annotations

import pytest
import toy
from protocol_server import answer, serving
from test_loop import FENCED
from test_loop import QUICK as ONE_ROUND

from text2reward.agent import patience
from text2reward.agent.config import config_for
from text2reward.agent.run import resume, start
from text2reward.cli import main
from text2reward.errors import UserError
from text2reward.record.reader import load

QUICK = {**ONE_ROUND, "rounds": 2}
AWAY = """import numpy as np


def compute_dense_reward(self, action):
    return np.linalg.norm(self.robot.ee_position - self.goal_position)
"""
NEAR = """import torch


def compute_reward(robot_ee_pos: torch.Tensor, goal_pos: torch.Tensor):
    distance = torch.norm(robot_ee_pos - goal_pos, dim=-1)
    return -distance, {"distance": -distance}
"""


@pytest.fixture
def model(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-key")
    monkeypatch.setattr(patience, "FIRST_WAIT_S", 0.01)


def test_a_foreign_program_is_the_whole_first_round_and_a_model_improves_on_it(tmp_path, model):
    mine = tmp_path / "mine.py"
    mine.write_text(AWAY)
    asked = []

    def respond(body, number):
        asked.append(body["messages"])
        return answer(FENCED)

    with serving(respond) as server:
        config = config_for(None, {**QUICK, "model": "openai/x", "base_url": server.url, "init": str(mine)})
        run = start(config, tmp_path / "runs")
    first, *others = run.candidates.values()
    assert (first.id, first.program, first.draft.author) == ("r1c1", AWAY, "mine.py")
    assert {(each.draft.round, each.draft.parent, each.draft.author) for each in others} == {(2, "r1c1", "openai/x")}
    told = "\n".join(message["content"] for message in asked[0])
    assert AWAY.strip() in told
    assert "The program above is one that a person gave, in another style" in told
    assert run.solved
    assert run.best.id != "r1c1"


def test_a_run_that_starts_from_a_program_goes_on_when_the_file_is_gone(tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text(AWAY)
    whole = start(config_for(None, {**QUICK, "init": str(mine)}), tmp_path / "a")
    events = whole.folder / "events.jsonl"
    lines = events.read_text().splitlines(keepends=True)
    cut = next(i for i, line in enumerate(lines) if '"drafted"' in line) + 1
    events.write_text("".join(lines[:cut]))
    mine.unlink()
    again = resume(whole.folder)
    results = [[(c.id, c.program, c.success) for c in run.candidates.values()] for run in (whole, again)]
    assert results[0] == results[1]
    assert len(results[0]) == 3
    assert load(again.folder).finished


def test_a_program_that_a_check_refuses_is_repaired_by_the_model(tmp_path, model):
    mine = tmp_path / "mine.py"
    mine.write_text(NEAR.replace("-distance, {", "torch.log(distance - 9), {"))
    with serving(answer(FENCED)) as server:
        config = config_for(None, {**QUICK, "model": "openai/x", "base_url": server.url, "init": str(mine)})
        run = start(config, tmp_path / "runs")
    assert [finding.name for finding in run.candidate("r1c1").findings] == ["not-finite"]
    assert run.candidate("r1c1.1").draft.author == "openai/x"
    assert run.candidate("r1c1.1").success is not None


REFUSED = {
    "another style": (AWAY, ["--dialect", "eureka"], "is not in eureka's style", "Use --dialect text2reward"),
    "no syntax": (
        "def compute_reward(state, action, prev)\n",
        [],
        "mine.py, line 1: does not parse",
        "text2reward check",
    ),
    "unknown attribute": (
        AWAY.replace("goal_position", "gaol_position"),
        [],
        "did you mean self.goal_position?",
        "check",
    ),
    "a simulator": ("import mujoco\n" + AWAY, [], "mine.py, line 1: import of mujoco", "--env toy:TASK"),
    "a memory": (AWAY.replace("return", "return self.prev_distance -"), [], "keeps no state between calls", "check"),
}


@pytest.mark.parametrize("command", [["train"], ["run", "--init"]], ids=["train", "init"])
@pytest.mark.parametrize(("program", "flags", "said", "hint"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_run_is_refused_in_one_line(program, flags, said, hint, command, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(program)
    assert main([*command, "mine.py", "--env", "toy:TASK", *flags]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert said in captured.err
    assert hint in captured.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]  # nothing was spent or written


def test_a_start_does_not_go_with_a_baseline(tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text(NEAR)
    with pytest.raises(UserError, match="--init does not go with --model expert"):
        start(config_for(None, {**QUICK, "model": "expert", "init": str(mine)}), tmp_path / "runs")


def test_check_takes_every_style_and_says_when_it_is_another(tmp_path, capsys):
    for name, text in (("away", AWAY), ("near", NEAR)):
        (tmp_path / f"{name}.py").write_text(text)
        assert main(["check", str(tmp_path / f"{name}.py"), "--env", "toy:TASK"]) == 0
    assert "passes all checks" in capsys.readouterr().out
    assert main(["check", str(tmp_path / "near.py"), "--env", "toy:TASK", "--dialect", "native"]) == 2
    assert "it looks like eureka" in capsys.readouterr().err


def test_a_program_is_judged_alone_on_a_task_for_which_the_composer_has_no_words(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "tip.py").write_text(
        "from dataclasses import replace\nimport toy\nhand, goal = toy.TASK.fields\n"
        'TASK = replace(toy.TASK, id="mine/tip", fields=(replace(hand, name="arm.tip"), goal))\n'
    )
    mine = tmp_path / "mine.py"
    mine.write_text(toy.REACH.replace("robot.ee_pos", "arm.tip"))
    asked = {**ONE_ROUND, "env": "tip:TASK", "model": "composer", "init": str(mine)}
    with pytest.raises(UserError, match="no position of the hand"):
        start(config_for(None, {**asked, "rounds": 2}), tmp_path / "runs")
    run = start(config_for(None, {**asked, "rounds": 1}), tmp_path / "runs")
    assert [candidate.id for candidate in run.candidates.values()] == ["r1c1"]
    assert run.finished.best == "r1c1"
