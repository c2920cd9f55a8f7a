from __future__ import annotations

import html
import json
import re

import pytest
import toy
from records import finished_run

from text2reward.cli import main
from text2reward.record.terms import ABOUT_REST
from text2reward.terminal.sparkline import sparkline


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TEXT2REWARD_LIBRARY", raising=False)
    return tmp_path / "runs"


def test_a_sparkline_is_as_long_as_the_training_was():
    assert sparkline([10, 20, 30, 40], [0, 0.5, None, 1], 4, 40, 0, 1) == "▁▅▅█"
    assert sparkline([5, 15], [0, 1], 4, 40, 0, 1) == "▁█"
    assert sparkline([5, 35], [3, 4], 4, 40) == "▁▁▁█"
    assert sparkline([5], [3], 4, 40) == "▁"
    assert sparkline([25], [1], 4, 40, 0, 1) == "  █"
    assert sparkline([5], [None], 4, 40) == sparkline([], [], 4, 40) == ""


def test_two_runs_side_by_side(runs, capsys):
    one = finished_run(runs, solved=12)
    two = finished_run(runs, toy.REACH.replace("5 *", "9 *"), solved=20)
    assert main(["compare", one.folder.name, f"{two.folder.name}:r1c1"]) == 0
    said = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert f"A {one.folder.name}:r1c1 by openai/x" in lines
    assert "A 60% [39%–78%] 20 held-out 30% 4,000" in lines
    assert any(re.fullmatch(r"B 100% \[84%–100%\] 20 held-out 50% \+40% \[\+\d+%, \+\d+%\] 4,000\*", x) for x in lines)
    assert "B minus the first, on the 20 held-out episodes of both: Newcombe (1998), paired data, method 10." in lines
    assert any(re.fullmatch(r"near A \d+% \S+ ± \S+ 0.1 → 0.4", line) for line in lines)
    assert "EPIC distance A B" in lines
    assert any(re.fullmatch(r"A success [▁-█ ]+ 25% → 100%", line) for line in lines)
    assert '-    return {"near": 1 - torch.tanh(2 * distance), "nearer": 5 * (before - distance)}' in said
    assert "\x1b" not in said  # it is piped


TOTAL = """import torch


def compute_reward(robot_ee_pos: torch.Tensor, goal_pos: torch.Tensor):
    near = -torch.norm(robot_ee_pos - goal_pos, dim=-1)
    return near - 0.1 * robot_ee_pos[:, 0], {"near": near}
"""


def test_a_rest_is_explained_where_it_is_shown(runs, capsys, tmp_path):
    run = finished_run(runs, TOTAL, terms=("near", "rest"))
    (tmp_path / "mine.py").write_text(toy.REACH)
    assert main(["compare", "latest", "mine.py", "--html", "page.html"]) == 0
    assert ABOUT_REST in capsys.readouterr().out.splitlines()
    assert ABOUT_REST in html.unescape((tmp_path / "page.html").read_text())
    assert main(["library", "add", run.folder.name]) == 0
    assert main(["library", "show", "reach"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert f"terms     near, rest ({ABOUT_REST})" in shown
    assert "style     eureka" in shown
    assert [line for line in shown if line != line.rstrip()] == []
    assert main(["library", "show", "reach", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dialect"] == "eureka"
    assert main(["compare", "mine.py", "mine.py", "--env", "toy:TASK"]) == 0
    assert ABOUT_REST not in capsys.readouterr().out


def test_a_file_in_another_style_than_was_said_is_refused(runs, capsys, tmp_path):
    finished_run(runs)
    (tmp_path / "mine.py").write_text(TOTAL)
    assert main(["compare", "latest", "mine.py", "--dialect", "eureka"]) == 0
    capsys.readouterr()
    assert main(["compare", "latest", "mine.py", "--dialect", "text2reward"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("text2reward: mine.py is not in text2reward's style, ")
    assert said.err.endswith("Use --dialect eureka, or leave --dialect away.\n")


def test_json_is_one_object_with_everything(runs, capsys, tmp_path):
    run, page = finished_run(runs), tmp_path / "page.html"
    (tmp_path / "mine.py").write_text(toy.REACH)
    assert main(["compare", "latest", "mine.py", "--json", "--html", str(page)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == 1
    assert [side["name"] for side in found["sides"]] == [f"{run.folder.name}:r1c1", "mine.py"]
    assert found["epic"] == [[0.0, 0.0], [0.0, 0.0]]
    assert {"task", "steps", "correlation", "sentences", "diffs", "notes"} <= set(found)
    assert page.read_text().startswith("<!doctype html>")


def test_a_program_that_fails_ends_with_2_and_the_others_are_shown(runs, capsys, tmp_path):
    finished_run(runs)
    (tmp_path / "bad.py").write_text(toy.REACH.replace("goal", "gaol\x1b[2J"))
    (tmp_path / "good.py").write_text(toy.REACH)
    assert main(["compare", "latest", "bad.py", "good.py"]) == 2
    said = capsys.readouterr()
    assert "\x1b" not in said.out + said.err
    assert said.err == ""
    assert said.out.count("B fails its checks: line 6: ") == 1
    assert "A and C pay for the same" in said.out
    assert main(["compare", "latest", "bad.py", "--json"]) == 2
    said = capsys.readouterr()
    assert json.loads(said.out)["sides"][1]["findings"][0]["line"] == 6
    assert said.err.startswith("text2reward: B fails its checks: line 6: ")
    assert said.err.count("\n") == 1


BAD = {
    "one": (["compare", "x.py"], "There is nothing to compare 'x.py' with. Name two or more"),
    "none": (["compare"], "There is nothing to compare. Name two or more"),
    "unknown": (["compare", "a", "b"], "Unknown run or program 'a'"),
    "a long name": (["compare", "a" * 9999, "b"], "Unknown run or program"),
    "no page": (["compare", "a", "b", "--html", "/no/such/page.html"], "/no/such/page.html cannot be written"),
    "a folder as page": (["compare", "a", "b", "--html", "/tmp"], "/tmp cannot be written"),
    "unknown command": (["library", "serch"], "Did you mean search?"),
    "no command": (["library"], "needs a command: add, search, list, show, remove"),
    "no run": (["library", "add", "nothing"], "There is no run 'nothing'"),
    "no entry": (["library", "show", "nothing"], "There is no entry 'nothing': library holds none"),
    "nothing asked": (["library", "search", " "], "There is nothing to search for"),
    "no limit": (["library", "search", "x", "--limit", "0"], "--limit is 0"),
    "no task": (["library", "search", "x", "--env", "toy:NONE"], "no attribute 'NONE'"),
    "no use of it": (["run", "--env", "toy:TASK", "--library", "x"], "shows no examples"),
    "no library": (
        ["run", "--env", "toy:TASK", "--method", "text2reward-few-shot", "--library", "x"],
        "There is no library x",
    ),
}


@pytest.mark.parametrize(("words", "said"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line_with_what_to_do(runs, words, said, capsys, tmp_path):
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("text2reward: ")
    assert captured.err.count("\n") == 1
    assert said in captured.err
    assert list(tmp_path.iterdir()) == []


def test_the_library_from_the_command_line(runs, capsys, tmp_path):
    run = finished_run(runs)
    assert main(["library", "list"]) == 0
    assert capsys.readouterr().out == "There are no programs in library.\n"
    assert main(["library", "add", run.folder.name]) == 0
    assert capsys.readouterr().out == "library/reach: 90% [70%–97%] of 20\n"
    assert main(["library", "search", "hand to a goal", "--env", "toy:TASK"]) == 0
    row = capsys.readouterr().out.splitlines()[1].split()
    assert row[1:3] == ["reach", "toy/reach"]
    assert main(["library", "search", "zebra"]) == 0
    assert capsys.readouterr().out == "No program in library is like 'zebra'.\n"
    assert main(["library", "show", "reach"]) == 0
    shown = capsys.readouterr().out
    assert "def compute_reward(state, action, prev):" in shown
    assert "state.robot.ee_pos: float32 (B, 3), m: the hand" in shown
    assert shown.endswith("train with it  text2reward train library/reach/reward.py --env MODULE:TASK\n")
    assert main(["library", "list", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["name"], entry["success"]["solved"]) == ("reach", 18)
    assert main(["library", "remove", "reach"]) == 0
    assert not (tmp_path / "library" / "reach").exists()


def test_broken_entries_are_mentioned_and_the_rest_is_found(runs, capsys, tmp_path):
    for name in ("one", "two"):
        program = toy.REACH.replace("Reach", name)
        assert main(["library", "add", finished_run(runs, program).folder.name, "--name", name]) == 0
    card = tmp_path / "library" / "one" / "card.toml"
    card.write_text(card.read_text().replace("solved = 18", "solved = 1800"))
    capsys.readouterr()
    assert main(["library", "search", "hand"]) == 0
    said = capsys.readouterr()
    assert "two" in said.out
    assert re.match(r"left out: library/one/card.toml:\d+: success.solved is 1800, of 20 episodes\. Mend it", said.err)
    assert main(["library", "show", "one"]) == 2
    assert capsys.readouterr().err.startswith("text2reward: library/one/card.toml:")
