from __future__ import annotations

import io
import json

import pytest
import records
import toy
from rich.console import Console

from text2reward.agent.config import config_for
from text2reward.agent.notices import Planned
from text2reward.agent.plan import measured_speed, most_calls, most_steps, most_trainings
from text2reward.agent.run import plan
from text2reward.agent.system import cpus
from text2reward.cli import main
from text2reward.errors import UserError
from text2reward.terminal.live import LiveDisplay
from text2reward.terminal.plain import JsonDisplay, PlainDisplay
from text2reward.terminal.planning import lines

SERVED = {"model": "openai/x", "base_url": "http://localhost:1/v1"}


def config(review="rules", reviews=0, analysis="off", seeds=1, halvings=0, **settings):
    stages = {
        "reviewing": {"by": review, "rounds": reviews},
        "feedback": {"analysis": analysis},
        "selection": {"seeds": seeds},
        "training": {"halvings": halvings},
    }
    search = {"candidates": 4, "rounds": 3, "repairs": 2}
    return config_for(None, {"env": "toy:TASK", "steps": 1000, **SERVED, **search, "stages": stages, **settings})


def test_calls_are_counted_at_their_most():
    assert most_calls(config()) == 3 * 4 * (1 + 2)
    assert most_calls(config(reviews=1)) == 3 * 4 * (1 + 2 + 1)
    assert most_calls(config(reviews=1, review="model", analysis="model")) == 3 * 4 * (1 + 2 + 1 + 2 + 1)
    assert most_calls(config(init="mine.py")) == 2 * 4 * 3 + 2
    assert most_calls(config(model="composer", base_url=None)) == 0


def test_trainings_and_steps_are_counted_at_their_most():
    assert (most_trainings(config()), most_steps(config())) == (12, 12_000)
    assert (most_trainings(config(seeds=2)), most_steps(config(seeds=2))) == (18, 18_000)
    assert most_steps(config(halvings=1)) == 3 * (4 * 500 + 2 * 500)
    assert most_steps(config(max_steps=5_000)) == 5_000
    assert most_trainings(config(init="mine.py")) == 1 + 8


def test_opinions_are_planned_with_the_price_of_the_model_that_gives_them(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    local = {"vision": "ollama_chat/sees", "vision_url": "http://localhost:1", "price": (10, 100), "answer_tokens": 500}
    unknown = {**local, "vision": "openai/sees", "vision_url": "http://localhost:1/v1"}
    free, dear = (plan(config(**local), tmp_path), plan(config(**local | {"vision": "openai/x"}), tmp_path))
    assert free.looks == 3 * 6 * 2 * 2
    assert free.cost_usd == plan(config(price=(10, 100), answer_tokens=500), tmp_path).cost_usd
    assert dear.cost_usd[1] - free.cost_usd[1] == pytest.approx(72 * (10 * 16_000 + 100 * 500) / 1e6)
    assert plan(config(**unknown), tmp_path).cost_usd is None
    with pytest.raises(UserError, match=r"--max-cost needs the price of openai/sees, which is not known\. Limit"):
        plan(config(**unknown, max_cost=1.0), tmp_path)
    seen_alone = plan(config(**{**unknown, "model": "composer", "base_url": None, "price": None}), tmp_path)
    assert (seen_alone.asks_a_model, seen_alone.calls, seen_alone.looks) == (True, 0, 72)
    assert list(lines(seen_alone))[2] == "cost: unknown; nobody knows the price of openai/sees"


def test_costs_range_from_nothing_repaired_to_everything_asked_at_its_worst(tmp_path):
    made = plan(config(price=(10, 100), answer_tokens=500), tmp_path)
    least, most = made.cost_usd
    assert least == pytest.approx(2 * 4 * (10 * sum(made.sizes.values()) + 100 * 500) / 1e6)
    assert most > 36 * 100 * 500 / 1e6
    assert plan(config(price=(10, 100), answer_tokens=500, max_cost=0.5), tmp_path).cost_usd == (least, 0.5)
    assert plan(config(), tmp_path).cost_usd is None  # unknown, never nothing
    assert plan(config(model="composer", base_url=None), tmp_path).cost_usd == (0.0, 0.0)


def test_the_time_comes_from_a_run_of_the_same_task_on_a_machine_like_this(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "VERSIONS", {"cpus": cpus()})
    assert measured_speed(tmp_path, config()) is None
    run = records.finished_run(tmp_path, algo="ppo", device="cpu", episodes=False)
    speed = measured_speed(tmp_path, config())
    assert (speed.steps_per_s, speed.run) == (pytest.approx(4000 / 9), run.folder.name)
    assert plan(config(jobs=2), tmp_path).seconds == pytest.approx(12_000 / (4000 / 9) / 2)
    assert measured_speed(tmp_path, config(algo="sac", steps=10_000)) is None
    monkeypatch.setattr(records, "VERSIONS", {"cpus": cpus() + 1})
    assert measured_speed(tmp_path / "other", config()) is None


def test_a_dry_run_prints_plan_and_prompts_and_writes_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    asked = ["run", "--env", "toy:TASK", "--model", "openai/x", "--base-url", SERVED["base_url"], "--dry-run"]
    asked += ["--runs-dir", str(tmp_path / "runs"), "--price", "1", "4", "--max-tokens", "90000", "--max-cost", "2"]
    assert main(asked) == 0
    said = capsys.readouterr().out
    for text in (
        "calls of openai/x, within --max-cost 2, --max-tokens 90000",
        "(rules ",
        "$1 for a million tokens in, $4 out (--price)",
        "how long is unknown",
        "asked for r1c1, r1c2, r1c3, r1c4",
        "You design reward functions",
        toy.TASK.instruction,
        "Nothing was spent.",
    ):
        assert text in said, text
    assert main([*asked, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [each["candidate"] for each in data["prompts"]] == ["r1c1", "r1c2", "r1c3", "r1c4"]
    assert toy.TASK.instruction in data["prompts"][0]["messages"][1]["content"]
    assert data["cost_usd"]["most"] == 2
    assert "sk-canary" not in said
    assert list(tmp_path.iterdir()) == []


def test_a_task_of_metaworld_is_planned_without_a_simulator(tmp_path):
    made = plan(config(env="metaworld/window-close-v3", price=(10, 100)), tmp_path)
    toys = plan(config(price=(10, 100)), tmp_path)
    assert made.sizes["fields"] > toys.sizes["fields"] > 0
    assert made.sizes["rules"] == toys.sizes["rules"]
    assert "Push and close a sliding window" in made.first.messages[1].content


def test_a_dry_run_without_a_model_says_so(tmp_path, capsys):
    assert main(["run", "--env", "toy:TASK", "--dry-run", "--runs-dir", str(tmp_path / "runs")]) == 0
    assert "No model is asked. Nothing was spent." in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_window_that_is_too_small_is_refused_before_anything_is_spent(tmp_path):
    with pytest.raises(UserError, match=r"The first prompt has up to [\d,]+ tokens with nothing left to drop") as error:
        plan(config(context=1000), tmp_path)
    assert error.value.exit_code == 2
    with pytest.raises(UserError, match="Not even the first call fits"):
        plan(config(max_tokens=500), tmp_path)


def test_displays_show_the_plan(tmp_path):
    told = Planned(plan(config(price=(10, 100)), tmp_path))
    plain, lines, live = io.StringIO(), io.StringIO(), io.StringIO()
    PlainDisplay(plain)(told)
    JsonDisplay(lines)(told)
    display = LiveDisplay(Console(file=live, width=300, force_terminal=False))
    display(told)
    display.close()
    assert "plan: at most 36 calls of openai/x" in plain.getvalue()
    assert "plan: at most 36 calls of openai/x" in live.getvalue()
    assert json.loads(lines.getvalue())["calls"] == 36
    assert "prompts" not in json.loads(lines.getvalue())
