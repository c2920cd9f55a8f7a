"""Each behaviour on trajectories made by hand that just pass, or just fail in one criterion."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest

from text2reward.envs import get_task
from text2reward.envs.mujoco import behaviours
from text2reward.envs.mujoco.behaviours import Flips, LiesDown, MovesForward, WavesLeg, swings

STATES = 101
EPS = 1e-3
FORWARD = MovesForward(distance_m=2.0, lowest_m=0.7)


def straight(start: float, end: float) -> np.ndarray:
    return np.linspace(start, end, STATES)


def walk(ahead=2.0 + EPS, aside=0.0, lowest=0.7, lean=0.5) -> dict[str, np.ndarray]:
    """A body that walks from x = 0.3, once bends its knees and once leans."""
    pos = np.stack([straight(0.3, 0.3 + ahead), straight(-0.2, aside - 0.2), np.full(STATES, 1.2)], axis=1)
    pos[40, 2] = lowest
    up = np.tile([0.0, 0.0, 1.0], (STATES, 1))
    up[60] = [0.0, np.sqrt(1 - lean**2), lean]
    return {"torso.pos": pos, "torso.up": up}


@pytest.mark.parametrize(
    ("changes", "happened"),
    [
        ({}, True),
        ({"ahead": 2.0 - EPS}, False),
        ({"ahead": -3.0}, False),
        ({"lowest": 0.7 - EPS}, False),
        ({"lean": 0.5 - EPS}, False),
        ({"lean": -0.9}, False),
        ({"ahead": 3.0, "aside": 3.0}, True),
        ({"ahead": 3.0, "aside": -3.0 - EPS}, False),
    ],
)
def test_moving_forward_means_distance_without_falling(changes, happened):
    assert FORWARD(walk(**changes)) is happened


def test_moving_forward_is_about_where_it_ends():
    there_and_back = walk(ahead=5.0)
    there_and_back["torso.pos"][-1, 0] = 0.3 + 1.9
    assert FORWARD(there_and_back) is False


def flip(turn=behaviours.FULL_TURN + EPS, lowest=behaviours.HEAD_CLEAR_M, foot=behaviours.FOOT_OFF_M, begins=0.2):
    """A body that stands, turns in the first half of what is left and stands again."""
    pitch = begins + np.concatenate([np.zeros(20), np.linspace(0, turn, 50), np.full(STATES - 70, turn)])
    up = np.stack([np.sin(pitch), 0 * pitch, np.cos(pitch)], axis=1)
    torso, feet = np.full((STATES, 3), 1.0), np.full((STATES, 3), 0.1)
    torso[45, 2] = lowest
    feet[up[:, 2] < 0, 2] = foot
    return {"torso.pos": torso, "torso.up": up, "torso.pitch": pitch, "foot.pos": feet}


@pytest.mark.parametrize(
    ("changes", "happened"),
    [
        ({}, True),
        ({"turn": behaviours.FULL_TURN - EPS}, False),
        ({"turn": 4 * pi}, True),
        ({"lowest": behaviours.HEAD_CLEAR_M - EPS}, False),
        ({"foot": behaviours.FOOT_OFF_M - EPS}, False),
    ],
)
def test_a_front_flip_is_a_full_turn_in_the_air(changes, happened):
    assert Flips(1)(flip(**changes)) is happened
    assert Flips(-1)(flip(**changes)) is False


def test_a_back_flip_is_the_same_the_other_way_round():
    back = flip(turn=-behaviours.FULL_TURN - EPS)
    assert Flips(-1)(back)
    assert not Flips(1)(back)
    assert not Flips(-1)(flip(turn=-behaviours.FULL_TURN + EPS))
    assert not Flips(-1)(flip(turn=-2 * pi, lowest=0.2))
    assert not Flips(-1)(flip(turn=-2 * pi, foot=0.1))


def test_what_happens_after_a_flip_does_not_undo_it():
    falls = flip(turn=2 * pi)
    falls["torso.pos"][75:, 2] = 0.1
    assert Flips(1)(falls)
    before = flip(turn=2 * pi)
    before["torso.pos"][10, 2] = 0.1
    assert not Flips(1)(before)


def lie(height=behaviours.LYING_M, speed=behaviours.STILL_M_S, turn=behaviours.STILL_RAD_S, since=80):
    """An ant that stands, lies down, and shivers."""
    pos = np.zeros((STATES, 3))
    pos[:, 2] = np.where(np.arange(STATES) < since, 0.6, height)
    lin, ang = np.zeros((STATES, 3)), np.zeros((STATES, 3))
    lin[95], ang[96] = [0, speed, 0], [0, 0, turn]
    return {"torso.pos": pos, "torso.lin_vel": lin, "torso.ang_vel": ang}


@pytest.mark.parametrize(
    ("changes", "happened"),
    [
        ({}, True),
        ({"since": 81}, True),
        ({"since": 82}, False),  # less than a fifth of 101 states
        ({"height": behaviours.LYING_M + EPS}, False),
        ({"speed": behaviours.STILL_M_S + EPS}, False),
        ({"turn": behaviours.STILL_RAD_S + EPS}, False),
    ],
)
def test_lying_down_is_being_still_on_the_ground_at_the_end(changes, happened):
    assert LiesDown()(lie(**changes)) is happened


LEGS = ("front_left", "front_right", "back_left", "back_right")


def wave(
    joint="hip", times=3, swing=behaviours.SWING_RAD + EPS, raised=behaviours.RAISED_M, moved=1.0, lean=0.5, hop=()
):
    """An ant whose front right leg is up from state 20 to 80 and goes to and fro."""
    pos, up = np.zeros((STATES, 3)), np.tile([0.0, 0.0, 1.0], (STATES, 1))
    pos[50, 1] = moved
    up[5] = [np.sqrt(1 - lean**2), 0, lean]
    states = {"torso.pos": pos, "torso.up": up}
    for leg in LEGS:
        foot = np.full((STATES, 3), 0.1)
        states |= {
            f"{leg}_foot.pos": foot,
            f"{leg}_hip.angle": np.zeros(STATES),
            f"{leg}_ankle.angle": np.zeros(STATES),
        }
        if leg in hop:
            foot[50, 2] = 0.4
    states["front_right_foot.pos"][20:80, 2] = raised
    turns = np.arange(2 * times + 1)
    at = np.round(20 + 59 * turns / turns[-1])
    states[f"front_right_{joint}.angle"] = 0.2 + np.interp(np.arange(STATES), at, swing * (turns % 2))
    return states


@pytest.mark.parametrize(
    ("changes", "happened"),
    [
        ({}, True),
        ({"joint": "ankle"}, True),
        ({"times": 2.5}, False),
        ({"swing": behaviours.SWING_RAD * 0.95}, False),
        ({"raised": behaviours.RAISED_M - EPS}, False),
        ({"moved": behaviours.IN_PLACE_M + EPS}, False),
        ({"lean": behaviours.UPRIGHT - EPS}, False),
        ({"hop": ("front_left",)}, True),
        ({"hop": ("front_left", "back_left")}, False),  # which cuts the wave in two
    ],
)
def test_waving_is_a_raised_leg_that_swings_while_others_stand(changes, happened):
    assert WavesLeg(LEGS)(wave(**changes)) is happened


def test_a_leg_that_swings_on_the_ground_does_not_wave():
    states = wave()
    states["back_left_hip.angle"] = states.pop("front_right_hip.angle")
    states["front_right_hip.angle"] = np.zeros(STATES)
    assert not WavesLeg(LEGS)(states)


def test_swings_are_counted_with_slack():
    to_and_fro = np.concatenate([np.linspace(0, 1, 9), np.linspace(1, 0, 9), np.linspace(0, 1, 9)])
    noise = 0.05 * np.random.default_rng(0).normal(size=to_and_fro.shape).clip(-2, 2)
    assert swings(to_and_fro + noise, 0.5) == 3
    assert swings(to_and_fro, 1.5) == 0
    assert swings(np.zeros(5), 0.1) == 0
    assert swings(np.array([0.3]), 0.1) == 0


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("mujoco/Hopper-v5", "at least 3 m farther along x"),
        ("mujoco/Hopper-v5-back-flip", "turns over back by 330 degrees"),
        ("mujoco/Ant-v5-lie-down", "the last 20% of the episode the torso's centre is at most 0.3 m high"),
        ("mujoco/Ant-v5-wave-leg", "swings 6 times in turn by 20 degrees"),
    ],
)
def test_the_prose_says_the_numbers(task, said):
    assert said in get_task(task).success
