from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import toy

from text2reward.envs.envpool_simulator import EnvPoolSimulator, Pool
from text2reward.envs.field import Field
from text2reward.envs.simulator import Snapshot

HORIZON = 30
ANGLE = 1
FALLEN = 0.2  # rad; InvertedPendulum-v5 ends the episode beyond


def read(observation) -> Snapshot:
    return Snapshot(observation.astype(np.float32), observation.astype(np.float32))


def leaning(observation: np.ndarray) -> np.ndarray:
    return np.abs(observation[:, ANGLE]) > FALLEN / 2


TASK = dataclasses.replace(
    toy.TASK,
    fields=(Field("pole.state", (4,), "1", "position, angle and their rates"),),
    action=dataclasses.replace(toy.TASK.action, entries=("pushes",)),
    observation_size=4,
    horizon=HORIZON,
    training=lambda task, count: EnvPoolSimulator(task, Pool("InvertedPendulum-v5", read, leaning), count),
)


def run(num_envs: int, seeds: list[int], steps: int, task=TASK):
    """Push the first environment's pole over and leave the others alone."""
    simulator = task.make_training(num_envs)
    start = simulator.reset(seeds)
    action = np.zeros((num_envs, 1), dtype=np.float32)
    action[0] = 1.0
    return start, [simulator.step(action) for _ in range(steps)]


def test_one_that_ends_its_episode_stands_still_until_the_time_is_up():
    start, moves = run(2, [1, 2], HORIZON + 1)
    angles = np.abs([move.reached.state[0, ANGLE] for move in moves[:HORIZON]])
    fell = int(np.argmax(angles > FALLEN))
    assert 0 < fell < HORIZON - 2
    assert set(angles[fell:]) == {angles[fell]}
    assert [bool(move.success[0]) for move in moves[:HORIZON]] == [angle > FALLEN / 2 for angle in angles]
    assert not any(move.native_reward[0] for move in moves[fell + 1 : HORIZON])
    assert [bool(move.truncated.all()) for move in moves] == [False] * (HORIZON - 1) + [True, False]
    fresh = moves[HORIZON - 1].start.state[0]
    assert np.abs(fresh).max() < 0.02
    assert not np.array_equal(fresh, start.state[0])
    assert 0 < np.abs(moves[HORIZON].reached.state[0] - fresh).max() < 1  # it moves again, from the new start
    assert not moves[HORIZON].success[0]


def test_one_that_stands_still_does_not_disturb_the_others():
    _, together = run(2, [1, 2], 2 * HORIZON)
    simulator = TASK.make_training(1)
    simulator.reset([2])
    alone = [simulator.step(np.zeros((1, 1), np.float32)) for _ in range(2 * HORIZON)]
    for both, one in zip(together, alone, strict=True):
        assert np.array_equal(both.reached.state[1], one.reached.state[0])
        assert both.native_reward[1] == one.native_reward[0]
        assert {name: part[1] for name, part in both.native_parts.items()} == {
            name: part[0] for name, part in one.native_parts.items()
        }


def test_all_may_stand_still():
    _, moves = run(1, [1], HORIZON)
    assert all(np.array_equal(move.reached.state, moves[-1].reached.state) for move in moves[-5:])
    assert all(move.native_parts.keys() == moves[0].native_parts.keys() for move in moves)


@pytest.mark.parametrize("repeat", [2, 5])
def test_an_episode_can_end_within_an_action_repeat(repeat):
    _, fine = run(1, [1], HORIZON)
    _, coarse = run(1, [1], HORIZON // repeat, TASK.with_action_repeat(repeat))
    assert np.array_equal(coarse[-1].reached.state, fine[-1].reached.state)
    assert sum(move.native_reward for move in coarse) * repeat == pytest.approx(sum(m.native_reward for m in fine))
    assert [bool(move.success[0]) for move in coarse] == [
        any(move.success[0] for move in fine[i : i + repeat]) for i in range(0, HORIZON, repeat)
    ]
