from __future__ import annotations

import numpy as np
import pytest
import toy

from text2reward.agent.reward_distance import epic, fingerprint, unlikeness
from text2reward.envs.transitions import random_policy, record

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
    return epic(fingerprint(one, bank, GAMMA), fingerprint(other, bank, GAMMA))


def test_scale_and_shift_make_no_difference(bank):
    def scaled(prev, action, state):
        return {"a": 7 * near(prev, action, state)["near"], "b": np.full(len(state), 3.0)}

    assert apart(near, scaled, bank) == pytest.approx(0, abs=1e-6)


def test_potential_based_shaping_makes_no_difference(bank):
    def shaped(prev, action, state):
        return {**near(prev, action, state), "shaping": GAMMA * np.sin(4 * state[:, 0]) - np.sin(4 * prev[:, 0])}

    assert apart(near, shaped, bank) == pytest.approx(0, abs=0.02)
    prints = [fingerprint(reward, bank, GAMMA) for reward in (near, shaped)]
    assert unlikeness(*prints) > 0.3  # but it makes one for learning


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
