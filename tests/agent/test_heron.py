from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import toy
from test_composer import brief
from test_loop import config

from text2reward.agent.heron import Factor, Heron, default_factors, factors_for, fit, judge, parse_factors, write
from text2reward.agent.run import start
from text2reward.envs import get_task
from text2reward.errors import UnknownNameError, UserError
from text2reward.sandbox.bank_check import check_program
from text2reward.training.trajectories import wander

TASK = get_task("metaworld/window-close-v3")
ORDER = "near(handle.pos, goal.pos) > near(robot.ee_pos, handle.pos) > small(action)"


def test_factors_are_read_in_their_order():
    factors = parse_factors(ORDER, TASK.layout)
    assert [str(factor) for factor in factors] == ORDER.split(" > ")
    assert parse_factors("high(handle.pos.z)", TASK.layout) == [Factor("high", "handle.pos.z")]
    assert parse_factors("low(robot.gripper_openness)", TASK.layout) == [Factor("low", "robot.gripper_openness")]


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("close the window", UserError, "cannot be read"),
        ("", UserError, "cannot be read"),
        ("nere(handle.pos, goal.pos)", UnknownNameError, "Did you mean near"),
        ("near(handel.pos, goal.pos)", UnknownNameError, "Did you mean handle.pos"),
        ("near(handle.pos, robot.gripper_openness)", UserError, "no two places"),
        ("near(handle.pos)", UnknownNameError, "field in near"),
        ("small(robot.ee_pos)", UserError, r"Only small\(action\)"),
        ("high(handle.pos)", UserError, r"high\(handle.pos.z\)"),
        ("high(robot.gripper_openness.z)", UserError, "is no number"),
    ],
)
def test_what_cannot_be_read_says_what_to_write(text, error, said):
    with pytest.raises(error, match=said):
        parse_factors(text, TASK.layout)


def test_the_ordering_comes_from_the_flag_the_sentence_or_the_task():
    assert len(factors_for(TASK, "Close it.", "small(action)")) == 1
    assert [str(f) for f in factors_for(TASK, ORDER, None)] == ORDER.split(" > ")
    assert factors_for(TASK, TASK.instruction, None) == default_factors(TASK, TASK.instruction)
    assert [str(f) for f in default_factors(TASK, TASK.instruction)] == ORDER.split(" > ")


def test_the_first_factor_that_differs_by_more_than_the_margin_decides():
    values = np.array([[0.0, 0.0], [10.0, -5.0], [0.1, 5.0], [0.0, 0.0]])
    said = judge(values, np.array([0, 1, 0, 0]), np.array([1, 2, 2, 3]))
    assert said.tolist() == [-1, 1, -1, 0]


def test_the_fit_follows_the_ordering_and_no_weight_is_negative():
    store = wander(toy.TASK, 0)
    first = parse_factors("near(robot.ee_pos, goal.pos) > small(action)", toy.TASK.layout)
    weights, pairs, agree = fit(first, store, toy.TASK.layout, np.random.default_rng(0))
    assert (weights >= 0).all()
    assert weights.sum() == pytest.approx(4)
    assert pairs > 1_000
    assert agree > 0.9


def test_what_ties_everywhere_still_gives_a_program():
    store = wander(toy.TASK, 0)
    same = dataclasses.replace(store, state=np.zeros_like(store.state), action=np.zeros_like(store.action))
    factors = parse_factors("near(robot.ee_pos, goal.pos) > small(action)", toy.TASK.layout)
    weights, pairs, _ = fit(factors, same, toy.TASK.layout, np.random.default_rng(0))
    assert pairs == 0
    assert "def compute_reward" in write(factors, weights, "x")


def test_its_programs_pass_the_checks(rewards):
    from text2reward.envs.transitions import random_policy, record

    store = wander(TASK, 0)
    text = f"{ORDER} > far(robot.ee_pos, goal.pos) > high(handle.pos.x) > low(robot.gripper_openness)"
    factors = parse_factors(text, TASK.layout)
    simulator = TASK.make_training(16)
    bank = record(simulator, random_policy(TASK, 16, np.random.default_rng(0)), 32, list(range(16))).transitions
    for weights in (fit(factors, store, TASK.layout, np.random.default_rng(0))[0], np.ones(10)):
        program = write(factors, weights, text)
        assert [f for f in check_program(program, TASK.layout, rewards, bank) if f.level == "error"] == []


class Stored:
    def __init__(self, found):
        self.found = found

    def before(self, number):
        return self.found


def test_the_same_brief_gives_the_same_drafts_and_an_empty_store_gives_none():
    factors = default_factors(toy.TASK, toy.TASK.instruction)
    coder = Heron(factors, Stored(wander(toy.TASK, 0)))
    one, again = ([draft.program for draft in coder.draft(brief(toy.TASK), 2)] for _ in range(2))
    assert one == again
    assert one[0] != one[1]
    assert list(Heron(factors, Stored(None)).draft(brief(toy.TASK), 2)) == []


def test_it_runs_the_whole_loop(tmp_path):
    run = start(config(model="heron", rounds=2), tmp_path)
    assert run.best is not None
    assert "in order) by near(robot.ee_pos, goal.pos) > small(action)" in run.best.draft.note
    assert run.held_out.success.value > 0.5


def test_factors_need_heron_and_are_checked_before_anything_is_written(tmp_path):
    with pytest.raises(UserError, match="--factors does not go with --model composer"):
        config(factors="small(action)")
    with pytest.raises(UserError, match="cannot be read"):
        start(config(model="heron", factors="win"), tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
