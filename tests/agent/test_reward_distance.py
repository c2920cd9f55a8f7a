from __future__ import annotations

import numpy as np
import pytest
import toy

from text2reward.agent.reward_distance import (
    canonical,
    epic,
    least_shaped,
    potential_based,
    rank_correlation,
    starc,
    unlikeness,
)
from text2reward.envs.transitions import random_policy, record
from text2reward.training.trajectories import wander

GAMMA = 0.95


@pytest.fixture(scope="module")
def bank():
    simulator = toy.TASK.make_training(16)
    return record(simulator, random_policy(toy.TASK, 16, np.random.default_rng(0)), 64, list(range(16))).transitions


def to_goal(state):
    return np.linalg.norm(state[:, :3] - state[:, 3:], axis=1)


def near(prev, action, state):
    return {"near": 1 - np.tanh(to_goal(state))}


def apart(one, other, bank):
    return epic(canonical(one, bank, GAMMA), canonical(other, bank, GAMMA))


def test_scale_and_shift_make_no_difference(bank):
    def scaled(prev, action, state):
        return {"a": 7 * near(prev, action, state)["near"], "b": np.full(len(state), 3.0)}

    assert apart(near, scaled, bank) == pytest.approx(0, abs=1e-6)


def test_potential_based_shaping_makes_no_difference(bank):
    def shaped(prev, action, state):
        return {**near(prev, action, state), "shaping": GAMMA * np.sin(4 * state[:, 0]) - np.sin(4 * prev[:, 0])}

    assert apart(near, shaped, bank) == pytest.approx(0, abs=0.02)
    paid = [sum(reward(bank.prev, bank.action, bank.state).values()) for reward in (near, shaped)]
    assert unlikeness(*paid) > 0.3  # but it makes one for learning


def test_opposites_are_far_and_strangers_between(bank):
    def away(prev, action, state):
        return {"away": -near(prev, action, state)["near"]}

    def effort(prev, action, state):
        return {"effort": -(action**2).sum(axis=1)}

    assert apart(near, away, bank) == pytest.approx(1)
    assert 0.5 < apart(near, effort, bank) < 0.9


def test_constant_rewards_are_alike_and_unlike_others(bank):
    def constant(prev, action, state):
        return {"c": np.ones(len(state))}

    assert apart(constant, constant, bank) == 0
    assert apart(constant, near, bank) == 1


@pytest.fixture(scope="module")
def store():
    return wander(toy.TASK, 0)


def far(one, other, store):
    return starc(least_shaped(one, store, GAMMA), least_shaped(other, store, GAMMA))


def test_starc_forgets_scale_shift_and_shaping(store):
    def scaled(prev, action, state):
        return {"a": 7 * near(prev, action, state)["near"] + 3}

    def shaped(prev, action, state):
        return {**near(prev, action, state), "shaping": GAMMA * state[:, 0] ** 2 - prev[:, 0] ** 2}

    def away(prev, action, state):
        return {"away": -near(prev, action, state)["near"]}

    def effort(prev, action, state):
        return {"effort": -(action**2).sum(axis=1)}

    assert far(near, scaled, store) == pytest.approx(0, abs=0.02)
    assert far(near, shaped, store) == pytest.approx(0, abs=0.1)
    assert far(near, away, store) == pytest.approx(1)
    assert 0.3 < far(near, effort, store) < 0.95


def test_potential_based_terms_are_told_from_others(bank):
    def terms(prev, action, state):
        before, after = to_goal(prev), to_goal(state)
        return {
            "nearer": before - after,
            "discounted": GAMMA * np.exp(-after) - np.exp(-before),
            "clipped": np.clip(50 * (before - after), -1, 1),
            "near": 1 - np.tanh(after),
            "product": before * after,
            "effort": before - after - 0.1 * (action**2).sum(axis=1),
            "constant": np.ones(len(state)),
        }

    assert potential_based(terms, bank, GAMMA) == ("nearer", "discounted")


def test_rank_correlation_is_with_success_and_how_soon():
    success = np.zeros((4, 10), dtype=bool)
    success[0, 2:] = success[1, 5:] = True
    assert rank_correlation(np.array([9.0, 5.0, 1.0, 1.0]), success) == pytest.approx(1)
    assert rank_correlation(np.array([1.0, 5.0, 9.0, 9.0]), success) == pytest.approx(-1)
    assert rank_correlation(np.ones(4), success) is None
    assert rank_correlation(np.arange(4.0), np.zeros((4, 10), dtype=bool)) is None
