"""Two short trainings of a real task, compared, and one of them put into a library, found and used."""

from __future__ import annotations

import json

import pytest

from text2reward.cli import main

GOOD = """import torch


def compute_reward(state, action, prev):
    to_handle = torch.linalg.norm(state.robot.ee_pos - state.handle.pos, dim=-1)
    to_goal = torch.linalg.norm(state.handle.pos - state.goal.pos, dim=-1)
    return {"reach": 1 - torch.tanh(5 * to_handle), "close": 3 * (1 - torch.tanh(10 * to_goal))}
"""
LAZY = """import torch


def compute_reward(state, action, prev):
    return {"effort": -0.1 * (action**2).sum(dim=-1), "still": -torch.linalg.norm(state.robot.ee_pos, dim=-1)}
"""
TASK = "metaworld/window-close-v3"


@pytest.mark.long
def test_two_trainings_of_meta_world_are_compared_and_one_is_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, program in (("good", GOOD), ("lazy", LAZY)):
        (tmp_path / f"{name}.py").write_text(program)
        words = f"train {name}.py --env {TASK} --steps 60000 --held-out 20 --runs-dir {name} --display none"
        assert main(words.split()) in (0, 1)
    good, lazy = (next((tmp_path / name).iterdir()) for name in ("good", "lazy"))
    capsys.readouterr()
    assert main(["compare", str(lazy), str(good), "good.py", "--json", "--html", "page.html"]) == 0
    found = json.loads(capsys.readouterr().out)
    apart = found["sides"][1]["seen"]["apart"]
    assert (apart["pairs"], apart["episodes_of"]) == (20, "held-out")
    assert apart["low"] > 0.5
    assert found["epic"][0][1] > 0.3
    assert found["epic"][1][2] == 0
    assert found["sides"][1]["ranks"] > 0.5 > found["sides"][0]["ranks"]
    assert found["steps"].endswith("stored episodes, of the policies of A and B")

    assert main(["library", "add", str(good)]) == 0
    capsys.readouterr()
    assert main(["library", "search", "push a window", "--env", TASK, "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["task"], entry["terms"]) == (TASK, ["reach", "close"])
    assert entry["versions"]["metaworld"]
    assert main(["check", entry["program"], "--env", TASK]) == 0

    words = f"run --env metaworld/window-open-v3 --method text2reward-few-shot --library {tmp_path / 'library'}"
    words += " --rounds 1 --steps 3000 --held-out 5 --runs-dir next --display none"
    assert main(words.split()) in (0, 1)
    run = next((tmp_path / "next").iterdir())
    (example,) = json.loads((run / "examples.json").read_text())
    assert example["program"] == GOOD
    assert json.loads((run / "config.json").read_text())["library"] == str(tmp_path / "library")
