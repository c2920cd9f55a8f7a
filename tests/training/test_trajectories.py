from __future__ import annotations

import numpy as np
import toy

from text2reward.training.trajectories import (
    DISTURBED,
    WANDERINGS,
    Trajectories,
    disturb,
    joined,
    load_trajectories,
    roll_out,
    wander,
)


def expert(observation):
    return np.stack([toy.expert(toy.TASK)(row) for row in observation])


def test_an_episode_is_its_states_actions_and_labels():
    simulator = toy.TASK.make_training(3)
    seen = roll_out(toy.TASK, simulator, expert, [1, 2, 3], "judged")
    assert seen.state.shape == (3, toy.HORIZON + 1, 6)
    assert seen.action.shape == (3, toy.HORIZON, 3)
    assert seen.solved.all()
    moved = seen.state[:, :-1, :3] + 0.1 * seen.action
    assert np.allclose(np.clip(moved, -1, 1), seen.state[:, 1:, :3], atol=1e-6)  # the last state is before the reset
    near = np.linalg.norm(seen.state[:, 1:, :3] - seen.state[:, 1:, 3:], axis=2) < 0.15
    assert np.array_equal(near, seen.success)


def test_terms_of_stored_episodes_are_those_of_their_transitions():
    seen = roll_out(toy.TASK, toy.TASK.make_training(2), expert, [1, 2], "judged")
    terms = seen.terms(lambda prev, action, state: {"moved": state[:, 0] - prev[:, 0], "a": action[:, 1]})
    assert np.allclose(terms["moved"], np.diff(seen.state[:, :, 0], axis=1))
    assert np.array_equal(terms["a"], seen.action[:, :, 1])


def test_the_store_survives_the_disk_and_a_torn_file_is_none(tmp_path):
    seen = roll_out(toy.TASK, toy.TASK.make_training(2), expert, [1, 2], "judged")
    seen.save(tmp_path / "a" / "x.npz")
    again = load_trajectories(tmp_path / "a" / "x.npz")
    assert np.array_equal(again.state, seen.state)
    assert again.source == ("judged", "judged")
    (tmp_path / "torn.npz").write_bytes((tmp_path / "a" / "x.npz").read_bytes()[:200])
    assert load_trajectories(tmp_path / "torn.npz") is None
    assert load_trajectories(tmp_path / "none.npz") is None
    assert joined([None, seen, again]).source == ("judged",) * 4
    assert joined([None]) is None
    assert isinstance(seen.rows([1]), Trajectories)


def test_random_walks_and_disturbed_policies_are_the_same_for_the_same_seed():
    assert np.array_equal(wander(toy.TASK, 5).state, wander(toy.TASK, 5).state)
    assert len(wander(toy.TASK, 5)) == WANDERINGS
    one, again = (disturb(toy.TASK, expert, 5, (1, 2, 0)) for _ in range(2))
    assert np.array_equal(one.state, again.state)
    assert len(one) == DISTURBED
    first, last = one.solved[: DISTURBED // 4].mean(), one.solved[-DISTURBED // 4 :].mean()
    assert first == 1
    assert last < first  # noise takes over
