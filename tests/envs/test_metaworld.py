from __future__ import annotations

import dataclasses
import re
import sys
from importlib.metadata import version

import numpy as np
import pytest

from text2reward.envs import get_task
from text2reward.envs.metaworld import TASKS
from text2reward.envs.metaworld.parity import RANDOM_VECTOR, TOLERANCE, begin
from text2reward.envs.metaworld.reference_simulator import ReferenceSimulator
from text2reward.envs.parity import SAME_OUTCOME, compare
from text2reward.errors import RenderError, UserError
from text2reward.terminal.doctor import checks

TWINNED = [task for task in TASKS if task.reference is not None]
TASK = get_task("metaworld/window-close-v3")


def test_the_first_observation_of_the_reference_shows_objects_where_they_are():
    simulator = TASK.make_reference(2)
    simulator.reset([1, 2])
    start = simulator.reset([3, 4])
    moved = simulator.step(np.zeros((2, 4), dtype=np.float32))
    handle = TASK.layout.columns("handle.pos")
    assert np.abs(start.state[:, handle] - moved.reached.state[:, handle]).max() < 1e-3
    simulator.close()


def test_an_episode_ends_by_time_and_the_next_starts_elsewhere():
    simulator = TASK.make_training(2)
    start = simulator.reset([1, 2])
    for step in range(1, TASK.horizon + 1):
        moved = simulator.step(np.zeros((2, 4), dtype=np.float32))
        assert moved.truncated.all() == (step == TASK.horizon)
    goal = TASK.layout.columns("goal.pos")
    assert np.array_equal(moved.reached.state[:, goal], start.state[:, goal])
    assert not np.array_equal(moved.start.state[:, goal], start.state[:, goal])
    simulator.close()


def test_staggered_clocks_end_episodes_at_different_times():
    simulator = TASK.make_training(8)
    simulator.reset(list(range(8)), np.random.default_rng(0))
    ended = np.stack([simulator.step(np.zeros((8, 4), np.float32)).truncated for _ in range(TASK.horizon)])
    assert (ended.sum(axis=0) == 1).all()
    assert len(set(ended.argmax(axis=0))) > 3
    simulator.close()


@pytest.mark.parametrize("name", ["window-close-v3", "door-unlock-v3", "handle-press-v3"])
def test_envpool_follows_the_package(name):
    task = get_task(f"metaworld/{name}")
    for actions in ("random", "expert"):
        parity = compare(task, begin, actions, episodes=8, seed=1)
        assert parity.typical <= TOLERANCE[actions]
        assert parity.agree >= 7
        assert actions == "random" or min(parity.success) >= 7


@pytest.mark.long
@pytest.mark.parametrize("task", TWINNED, ids=lambda task: task.id)
@pytest.mark.parametrize("actions", ["random", "expert"])
def test_envpool_follows_the_package_on_every_task(task, actions):
    parity = compare(task, begin, actions, episodes=20, seed=2)
    assert parity.typical <= TOLERANCE[actions]
    assert parity.agree >= 20 * SAME_OUTCOME
    assert actions == "random" or min(parity.success) >= 20 * SAME_OUTCOME


def test_parity_covers_every_task_that_trains_in_envpool():
    assert {task.id for task in TWINNED} == set(RANDOM_VECTOR)


def test_without_envpool_policies_train_in_the_package(monkeypatch):
    assert TASK.note == ""
    monkeypatch.setitem(sys.modules, "envpool", None)
    task = dataclasses.replace(TASK)
    assert isinstance(task.make_training(1), ReferenceSimulator)
    assert task.note == "envpool is not installed: policies train in the reference simulator, which is slower"
    with pytest.raises(UserError, match="panda/PickCube runs in envpool only, which is not installed"):
        dataclasses.replace(get_task("panda/PickCube")).make_training(1)


def test_an_envpool_that_cannot_be_imported_is_named_with_the_reason(monkeypatch, tmp_path):
    (tmp_path / "envpool.py").write_text("raise ImportError('GLIBCXX_3.4.32 not found')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "envpool")
    task = dataclasses.replace(TASK)
    why = "cannot be imported (ImportError: GLIBCXX_3.4.32 not found)"
    assert isinstance(task.make_training(1), ReferenceSimulator)
    assert task.note == f"envpool {why}: policies train in the reference simulator, which is slower"
    with pytest.raises(UserError, match=re.escape(f"runs in envpool only, which {why}")):
        dataclasses.replace(TASK, reference=None).check_needs()
    seen = next(check for check in checks(tmp_path) if check.what == "envpool")
    assert (seen.level, seen.found) == ("problem", f"{version('envpool')} {why}")


def test_envpool_says_that_it_cannot_be_drawn():
    with pytest.raises(RenderError, match="reference"):
        TASK.make_training(1).render()
