from __future__ import annotations

import subprocess
import sys

import pytest
import toy

from text2reward.envs import all_tasks, get_task
from text2reward.envs.registry import get_tasks, load
from text2reward.errors import UnknownNameError, UserError

PUBLISHED = {
    "drawer-open-v3": "Open a drawer by its handle.",
    "drawer-close-v3": "Close a drawer by its handle.",
    "window-open-v3": "Push and open a sliding window by its handle.",
    "window-close-v3": "Push and close a sliding window by its handle.",
    "button-press-v3": "Press a button in y coordination.",
    "door-close-v3": "Close a door with a revolving joint by pushing door's handle.",
    "door-unlock-v3": "Unlock the door by rotating the lock counter-clockwise.",
    "sweep-into-v3": "Sweep a puck from the initial position into a hole.",
    "handle-press-v3": "Press a handle down.",
    "handle-press-side-v3": "Press a handle down sideways.",
}


def test_the_published_tasks_are_there_with_their_sentences():
    tasks = all_tasks()
    assert {name: tasks[f"metaworld/{name}"].instruction for name in PUBLISHED} == PUBLISHED
    assert {"metaworld/reach-v3", "metaworld/pick-place-v3"} <= set(tasks)


def test_an_unknown_task_names_the_nearest():
    with pytest.raises(UnknownNameError, match=r"Did you mean metaworld/window-close-v3\?"):
        get_task("metaworld/window-clos-v3")


def test_a_task_of_ones_own_is_named_by_module_and_attribute():
    assert get_task("toy:TASK") is toy.TASK


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no_such_module:X", "Cannot import"),
        ("toy:NOTHING", "no attribute"),
        ("toy:HORIZON", "neither"),
        ("toy:task", r"no attribute 'task'\. Did you mean toy:TASK\?"),
        ("toy.py:TASK", r"Did you mean toy:TASK\?"),
        ("./toy:TASK", r"Did you mean toy:TASK\?"),
        ("robots/toy.py:TASK", r"Did you mean robots\.toy:TASK\?"),
        ("../toy.py:TASK", "Name it as package.module:attribute"),
        ("toy:", "names no attribute of a module"),
    ],
)
def test_a_wrong_place_says_what_is_missing(name, said):
    with pytest.raises(UserError, match=said):
        get_task(name)


def test_a_place_may_have_the_form_of_an_entry_point(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "held_tasks.py").write_text("import toy\nclass Held:\n    TASK = toy.TASK\n")
    assert load("held_tasks:Held.TASK") is toy.TASK
    assert load("toy : TASK [extra]") is toy.TASK


def test_a_collection_gives_all_its_tasks_and_no_single_one(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "some_tasks.py").write_text(
        "import dataclasses, toy\nTASKS = [toy.TASK, dataclasses.replace(toy.TASK, id='toy/other')]\n"
    )
    assert [task.id for task in get_tasks("some_tasks:TASKS")] == ["toy/reach", "toy/other"]
    with pytest.raises(UserError, match=r"holds 2 tasks\. Give the one you want a name .* TASK = TASKS\[0\]"):
        get_task("some_tasks:TASKS")


def test_listing_tasks_imports_no_simulator():
    code = (
        "import sys; from text2reward.envs import all_tasks; all_tasks(); "
        "print([m for m in ('mujoco', 'metaworld', 'envpool', 'torch') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_an_action_repeat_keeps_the_episode_as_long():
    task = get_task("metaworld/window-close-v3")
    fine = task.with_action_repeat(1)
    assert (task.horizon, task.action_repeat) == (50, 3)
    assert (fine.horizon, fine.action_repeat) == (150, 1)
    assert fine.dt * fine.horizon == pytest.approx(task.dt * task.horizon)
    with pytest.raises(UserError, match="action repeat of 0"):
        task.with_action_repeat(0)
