from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from text2reward.agent.analysis import analyse
from text2reward.agent.diagnosis import Case, diagnose
from text2reward.envs.field import Field, StateLayout
from text2reward.record.curves import CurvePoint
from text2reward.record.events import Success
from text2reward.training.trajectories import Trajectories

LAYOUT = StateLayout(
    [
        Field("robot.ee_pos", (3,), "m", "the hand"),
        Field("puck.pos", (3,), "m", "the puck"),
        Field("goal.pos", (3,), "m", "the goal", "reset"),
    ]
)
N, T = 10, 40
PUCK, GOAL, BEYOND = np.array([0.3, 0, 0]), np.array([0.6, 0, 0]), np.array([0.8, 0, 0])
BACK, ASIDE, SHORT = np.array([0.2, 0, 0]), np.array([0.35, 0, 0]), np.array([0.5, 0, 0])


def success(k, n=N):
    return Success(k, n, max(0, k / n - 0.2), min(1, k / n + 0.2), k)


def episodes(hand, puck, solved=None, source="judged") -> Trajectories:
    """N equal episodes: ``hand`` and ``puck`` are (T + 1, 3) paths."""
    goal = np.tile(GOAL, (T + 1, 1))
    state = np.concatenate([hand, puck, goal], axis=1).astype(np.float32)
    done = np.zeros(T, dtype=bool) if solved is None else np.asarray(solved)
    return Trajectories(
        np.tile(state, (N, 1, 1)), np.zeros((N, T, 4), np.float32), np.tile(done, (N, 1)), (source,) * N
    )


def line(*points):
    """A path through the points, evenly in time."""
    at = np.linspace(0, len(points) - 1, T + 1)
    return np.stack([np.interp(at, range(len(points)), [p[k] for p in points]) for k in range(3)], axis=1)


def curve(successes, returns, **terms):
    return [
        CurvePoint((i + 1) * 10_000, 5, s, r, {k: v[i] for k, v in terms.items()}, dict.fromkeys(terms, 0.1))
        for i, (s, r) in enumerate(zip(successes, returns, strict=True))
    ]


def case(own, k=0, points=(), **terms) -> Case:
    values = {name: np.broadcast_to(np.asarray(v, dtype=float), (N, T)) for name, v in terms.items()}
    return Case(LAYOUT, "Push the puck to the goal.", 0.95, 0.9, success(k), points, own, values)


def names(it: Case) -> list[str]:
    return [finding.name for finding in diagnose(it)]


STILL = episodes(line((0, 0, 0), PUCK, PUCK, PUCK, PUCK), line(PUCK, PUCK))
PUSHED = episodes(line((0, 0, 0), PUCK, GOAL), line(PUCK, PUCK, GOAL), np.arange(T) > 35)


def test_a_policy_that_works_has_no_findings():
    points = curve([0.1, 0.5, 0.9, 1.0], [1, 3, 8, 9], near=[0.1, 0.4, 0.6, 0.9], move=[0.0, 0.1, 0.5, 0.9])
    assert diagnose(case(PUSHED, N, points, near=np.linspace(0, 1, T), move=np.linspace(0, 1, T))) == []


def test_dead_and_flat_terms():
    points = curve([0] * 4, [1] * 4, near=[0.5] * 4, zero=[0.0] * 4)
    points = [dataclasses.replace(p, spread={"near": 0.1, "zero": 0.0}) for p in points]
    found = diagnose(case(STILL, 0, points, near=np.linspace(0, 1, T), zero=0.0))
    assert [f.name for f in found][:2] == ["flat-term", "dead-term"]
    assert "zero was 0 at every step" in found[1].message


def test_a_saturated_term():
    near = np.where(np.arange(T) > 4, 1.0, 0.0)
    (found,) = [f for f in diagnose(case(STILL, near=near, other=-near)) if f.name == "saturated-term"]
    assert "term near is at its largest value, 1, in 88% of the steps" in found.message


def test_a_dominant_term():
    assert "dominant-term" in names(case(STILL, near=1.0, move=np.linspace(0, 0.1, T)))
    assert "dominant-term" not in names(case(STILL, near=1.0, move=0.5))
    assert "dominant-term" not in names(case(PUSHED, N, near=1.0, move=np.linspace(0, 0.1, T)))  # it works


def test_a_drift_of_the_scale():
    grown = dataclasses.replace(case(PUSHED, N, near=50.0, move=30.0), parent=("r1c1", success(N), 2.0))
    assert "40 times what r1c1 pays for it" in next(f.message for f in diagnose(grown) if f.name == "scale-drift")
    assert "scale-drift" not in names(dataclasses.replace(grown, parent=("r1c1", success(N), 60.0)))


def test_flooding_is_a_failure_that_earns_more_than_a_success_under_the_discount():
    half = Trajectories(
        np.concatenate([STILL.state[:5], PUSHED.state[:5]]),
        STILL.action,
        np.concatenate([STILL.success[:5], PUSHED.success[:5]]),
        STILL.source,
    )
    waits = np.zeros((N, T))
    waits[:5] = 1.0
    ends = np.zeros((N, T))
    ends[5:, 36:] = 5.0
    found = next(f for f in diagnose(case(half, 5, wait=waits, end=ends)) if f.name == "flooding")
    assert "mostly from wait" in found.message
    assert "flooding" not in names(case(half, 5, wait=0.1 * waits, end=ends))


def test_flooding_looks_at_the_successes_of_others_where_there_are_none_of_its_own():
    alone = case(STILL, wait=1.0)
    assert "flooding" not in names(alone)
    beside = dataclasses.replace(alone, others=PUSHED, other_terms={"wait": np.full((N, T), 0.1)})
    assert "flooding" in names(beside)


def test_a_thing_that_plays_no_part_is_no_matter():
    reach = dataclasses.replace(case(STILL, near=1.0), instruction="Move the gripper to the goal position.")
    assert "little-exploration" not in names(reach)
    assert "puck" not in str(analyse(LAYOUT, "Move the gripper to the goal position.", STILL))


def test_a_price_that_is_hardly_paid_is_not_saturated():
    assert "saturated-term" not in names(
        case(STILL, near=np.linspace(0, 1, T), effort=np.where(np.arange(T) < 2, -1, 0))
    )


def test_hovering():
    found = next(f for f in diagnose(case(STILL, near=2.0)) if f.name == "hovering")
    assert "in 10 of 10 unsolved episodes" in found.message
    assert "pays 2 a step, mostly by near" in found.message
    assert "hovering" not in names(case(STILL, near=-2.0))  # nobody pays for it
    assert "hovering" not in names(case(PUSHED, N, near=2.0))


def test_oscillating():
    back = [PUCK if i % 2 else ASIDE for i in range(20)]
    own = episodes(line(*back), line(PUCK, PUCK))
    found = next(f for f in diagnose(case(own, near=1.0)) if f.name == "oscillating")
    assert "robot.ee_pos goes back and forth" in found.message
    assert "oscillating" not in names(case(episodes(line((0, 0, 0), PUCK), line(PUCK, PUCK)), near=1.0))


def test_payment_past_the_goal():
    own = episodes(line((0, 0, 0), PUCK, GOAL), line(PUCK, GOAL, 2 * GOAL), (np.arange(T) > 15) & (np.arange(T) < 25))
    assert "pays-past-goal" in names(case(own, N, far=np.linspace(0, 1, T)))
    assert "pays-past-goal" not in names(case(own, N, near=np.where(own.success[0], 1.0, 0.5)))


def test_reward_that_rises_while_success_does_not_with_the_step():
    points = curve([0.0, 0.3, 0.3, 0.3, 0.3, 0.3], [1, 2, 4, 6, 8, 10], near=[0, 0.1, 0.2, 0.3, 0.4, 0.5])
    found = next(f for f in diagnose(case(STILL, 3, points, near=1.0)) if f.name == "reward-without-success")
    assert "from 20k steps on the return rises from 2 to 10 while success stays at 0.30" in found.message
    rising = curve([0.0, 0.2, 0.4, 0.5, 0.6, 0.7], [1, 2, 4, 6, 8, 10], near=[0, 0.1, 0.2, 0.3, 0.4, 0.5])
    assert "reward-without-success" not in names(case(STILL, 7, rising, near=1.0))


def test_unstable_training():
    points = curve([0.0, 0.5, 0.9, 0.2], [1, 2, 3, 4], near=[0, 0.1, 0.2, 0.3])
    found = next(f for f in diagnose(case(STILL, 2, points, near=1.0)) if f.name == "unstable")
    assert "fell from 0.90 at 30k steps to 0.20" in found.message


def test_too_little_exploration():
    assert "little-exploration" in names(case(STILL, near=1.0))
    assert "little-exploration" not in names(case(PUSHED, 3, near=1.0))


def test_a_regression_against_the_parent():
    worse = dataclasses.replace(case(STILL, 2, near=1.0), parent=("r1c1", success(8), 1.0))
    assert "solves 2 of 10 episodes, its parent r1c1 8 of 10" in [f.message for f in diagnose(worse)]
    assert "regressed" not in names(dataclasses.replace(worse, parent=("r1c1", success(3), 1.0)))


CAUSES = {
    "never comes near": (line((0, 0, 0), (0.1, 0, 0)), line(PUCK, PUCK)),
    "is not moved": (line((0, 0, 0), PUCK), line(PUCK, PUCK)),
    "never nearer to the goal": (line((0, 0, 0), PUCK), line(PUCK, PUCK, BACK)),
    "leaves again": (line(PUCK, GOAL, BEYOND), line(PUCK, GOAL, BEYOND)),
    "stops 0.1": (line(PUCK, SHORT), line(PUCK, SHORT)),
}


@pytest.mark.parametrize("said", CAUSES)
def test_the_analyst_names_how_far_failed_episodes_got(said):
    (told,) = analyse(LAYOUT, "Push the puck to the goal.", episodes(*CAUSES[said]))
    assert told.startswith("In 10 of 10 unsolved episodes")
    assert said in told


def test_the_analyst_has_nothing_to_say_of_success():
    assert analyse(LAYOUT, "Push the puck to the goal.", PUSHED) == []


def test_the_analyst_speaks_of_the_hand_where_nothing_else_moves():
    layout = StateLayout([LAYOUT.fields[0], LAYOUT.fields[2]])
    own = episodes(line((0, 0, 0), SHORT), line(PUCK, PUCK))
    alone = dataclasses.replace(own, state=np.concatenate([own.state[:, :, :3], own.state[:, :, 6:]], axis=2))
    (told,) = analyse(layout, "Reach the goal.", alone)
    assert "robot.ee_pos stops 0.1 m from goal.pos" in told


WALKER = StateLayout(
    [
        Field("torso.pos", (3,), "m", "where it is"),
        Field("torso.up", (3,), "1", "its up direction"),
        Field("torso.lin_vel", (3,), "m/s", "its velocity"),
    ]
)


@pytest.mark.parametrize(
    ("instruction", "leans_from", "said"),
    [
        ("Move forward.", 20, "it falls: torso.up leans by more than 60 degrees from step 20 of 40 on, 0.5 m along"),
        ("Walk backwards.", 20, "from step 20 of 40 on, -0.5 m along the way"),
        ("Move forward.", None, "it does not fall, but at the end is 1 m along the way and 0.2 m beside it"),
    ],
)
def test_the_analyst_says_whether_a_body_falls_or_gets_nowhere(instruction, leans_from, said):
    up = line((0, 0, 1), (0, 0, 1))
    if leans_from is not None:
        up[leans_from:] = [0.9, 0, 0.4]
    path = line((0, 0, 1), (1, -0.2, 1))
    (told,) = analyse(WALKER, instruction, episodes_of(path, up, line(PUCK, PUCK)))
    assert told.startswith("In 10 of 10 unsolved episodes")
    assert said in told


def test_the_analyst_is_silent_about_what_it_does_not_understand():
    lying = episodes_of(line((0, 0, 1), (0, 0, 1)), line((0, 0, 1), (0, 0, 1)), line(PUCK, PUCK))
    assert analyse(WALKER, "Do a front flip.", lying) == []


def episodes_of(*paths) -> Trajectories:
    """N equal episodes of the paths, unsolved."""
    state = np.concatenate(paths, axis=1).astype(np.float32)
    done = np.zeros((N, T), dtype=bool)
    return Trajectories(np.tile(state, (N, 1, 1)), np.zeros((N, T, 4), np.float32), done, ("judged",) * N)
