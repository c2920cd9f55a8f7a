from __future__ import annotations

import dataclasses
import json

import pytest
import toy
from test_composer import brief
from test_llm_coder import coder
from test_loop import config

from text2reward.agent.composer import Composer
from text2reward.agent.composer.plan import Plan, read_plan, to_comment
from text2reward.agent.examples import Example, examples_in, nearest_examples, read_examples, write_examples
from text2reward.agent.run import resume, start
from text2reward.envs import get_task
from text2reward.errors import RecordError

WINDOW = Example("metaworld/window-open-v3", "Push and open a sliding window by its handle.", "w", 90, 100)
DRAWER = Example("metaworld/drawer-open-v3", "Open a drawer by its handle.", "d", 95, 100)
PUCK = Example("metaworld/sweep-into-v3", "Sweep a puck from the initial position into a hole.", "p", 99, 100)
POOL = [PUCK, WINDOW, DRAWER]


def test_the_most_alike_task_comes_first():
    close = get_task("metaworld/window-close-v3")
    assert nearest_examples(POOL, close, close.instruction, 3) == [WINDOW, DRAWER, PUCK]
    push = get_task("metaworld/push-v3")
    assert nearest_examples(POOL, push, push.instruction, 1) == [PUCK]


def test_the_tasks_own_programs_are_never_offered_whatever_their_version():
    task = get_task("metaworld/drawer-open-v3")
    older = dataclasses.replace(DRAWER, task="metaworld/drawer-open-v2")
    assert nearest_examples([DRAWER, older], task, task.instruction, 5) == []


def test_of_several_programs_of_one_task_the_most_successful_is_offered():
    task = get_task("metaworld/window-close-v3")
    worse = dataclasses.replace(DRAWER, program="worse", k=60)
    assert nearest_examples([worse, DRAWER, worse], task, task.instruction, 5) == [DRAWER]


def test_no_runs_are_no_examples(tmp_path):
    assert list(examples_in(tmp_path)) == []
    assert nearest_examples([], toy.TASK, "Reach.", 3) == []


def test_examples_survive_the_disk_and_nonsense_is_an_error(tmp_path):
    path = tmp_path / "examples.json"
    path.write_text(write_examples(POOL))
    assert read_examples(path) == POOL
    assert read_examples(tmp_path / "none.json") == []
    path.write_text("[1]")
    with pytest.raises(RecordError, match="holds no examples"):
        read_examples(path)


def test_a_model_is_shown_the_example_with_its_fields_and_success(tmp_path):
    shown = dataclasses.replace(DRAWER, fields=("state.handle.pos: float32 (B, 3), m: the handle",))
    about = dataclasses.replace(brief(toy.TASK), examples=(shown,))
    said = coder(tmp_path).messages(about)[1].content
    assert "# A program that worked on another task" in said
    assert "- `state.handle.pos`: float32 (B, 3), m: the handle" in said
    assert "solved 95 of 100 episodes" in said
    assert said.index("another task") < said.index("Then answer with one Python")


def test_the_composer_tries_what_worked_elsewhere_first():
    plan = Plan(reach_scale=7.77)
    other = dataclasses.replace(DRAWER, program=to_comment(plan))
    about = dataclasses.replace(brief(get_task("metaworld/window-close-v3"), "Close the window."), examples=(other,))
    first = next(iter(Composer().draft(about, 2)))
    assert read_plan(first.program) == plan
    assert first.note == "what worked on metaworld/drawer-open-v3"


def test_the_library_grows_from_the_users_own_runs(tmp_path):
    first = start(config(rounds=1, candidates=1, method="text2reward"), tmp_path)
    assert json.loads(json.dumps(first.config))["stages"]["coding"]["examples"] == 0
    (found,) = examples_in(tmp_path)
    assert (found.task, found.program) == ("toy/reach", first.best.program)
    assert found.fields[0].startswith("state.robot.ee_pos: float32")
    second = start(config(rounds=1, candidates=1, method="text2reward-few-shot"), tmp_path)
    assert json.loads((second.folder / "examples.json").read_text()) == []  # it is the same task
    assert resume(second.folder).finished == second.finished


def test_a_run_of_a_broken_module_is_shown_without_its_fields(tmp_path, monkeypatch):
    run = start(config(rounds=1, candidates=1, method="text2reward"), tmp_path)
    broken = {**json.loads((run.folder / "config.json").read_text()), "env": "no_such_module:TASK"}
    (run.folder / "config.json").write_text(json.dumps(broken))
    assert [example.fields for example in examples_in(tmp_path)] == [()]


def test_a_run_that_cannot_be_read_is_left_out(tmp_path):
    run = start(config(rounds=1, candidates=1, method="text2reward"), tmp_path)
    (run.folder / "events.jsonl").write_text("nonsense\n" * 3)
    assert list(examples_in(tmp_path)) == []
