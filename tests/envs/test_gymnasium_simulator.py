from __future__ import annotations

import dataclasses

import gymnasium
import numpy as np
import pytest
import toy

from text2reward.envs.field import Field
from text2reward.envs.gymnasium_simulator import Gym, GymnasiumSimulator
from text2reward.envs.judged import Judged
from text2reward.errors import RenderError


class Walk(gymnasium.Env):
    """A walker on a line that solves its task beyond 1 and falls off, which ends the episode, beyond 2."""

    action_space = gymnasium.spaces.Box(-1, 1, (1,))
    observation_space = gymnasium.spaces.Box(-9, 9, (1,))

    def __init__(self, mode):
        self.render_mode = mode

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x = self.np_random.uniform(-0.1, 0.1)
        self.steps = 0
        return np.array([self.x]), {}

    def step(self, action):
        self.x += 0.5 * float(action[0])
        self.steps += 1
        return np.array([self.x]), self.x, self.x > 2, False, {"beyond": self.x > 1}


GYM = Gym(
    make=Walk,
    look=lambda env, observation, info: (observation, observation),
    solved=lambda env, observation, info: bool(info["beyond"]),
)
TASK = dataclasses.replace(
    toy.TASK,
    fields=(Field("walker.x", (1,), "m", "where it is"),),
    action=dataclasses.replace(toy.TASK.action, entries=("walks",)),
    observation_size=1,
    horizon=8,
    training=lambda task, count: GymnasiumSimulator(task, GYM, count),
)
RIGHT = np.array([[1.0], [0.0]], dtype=np.float32)


def test_one_that_ends_its_episode_stands_still_until_the_time_is_up():
    simulator = TASK.make_training(2)
    start = simulator.reset([1, 2])
    moves = [simulator.step(RIGHT) for _ in range(8)]
    xs = [move.reached.state[0, 0] for move in moves]
    assert xs[4:] == [xs[4]] * 4  # it fell off after five steps
    assert xs[4] > 2
    assert [bool(move.success[0]) for move in moves] == [x > 1 for x in xs]
    assert not any(move.success[1] for move in moves)
    assert all(move.native_reward[0] == 0 for move in moves[5:])
    assert [move.truncated.all() for move in moves] == [False] * 7 + [True]
    fresh = moves[-1].start.state
    assert abs(fresh[0, 0]) < 0.1
    assert fresh[0, 0] != start.state[0, 0]  # another episode
    assert simulator.step(RIGHT).reached.state[0, 0] == pytest.approx(fresh[0, 0] + 0.5)


def test_seeds_decide_and_clocks_can_be_staggered():
    simulator = TASK.make_training(2)
    first = simulator.reset([5, 6]).state
    assert np.array_equal(simulator.reset([5, 6]).state, first)
    assert not np.array_equal(simulator.reset([6, 5]).state, first)
    simulator.reset([5, 6], np.random.default_rng(0))
    ends = [simulator.step(RIGHT).truncated for _ in range(16)]
    assert all(sum(end[i] for end in ends) == 2 for i in range(2))
    assert not np.array_equal(*(np.array([end[i] for end in ends]) for i in range(2)))


def test_seeds_decide_later_episodes_too_where_a_reset_makes_its_own_generator():
    class Fresh(Walk):
        def reset(self, *, seed=None, options=None):
            answer = super().reset(seed=seed)
            self.x = np.random.default_rng(seed).uniform(-0.1, 0.1)
            return np.array([self.x]), answer[1]

    task = dataclasses.replace(
        TASK, training=lambda task, count: GymnasiumSimulator(task, dataclasses.replace(GYM, make=Fresh), count)
    )

    def starts():
        simulator = task.make_training(2)
        simulator.reset([5, 6])
        return [simulator.step(0 * RIGHT).start.state[:, 0].tolist() for _ in range(24)]

    first = starts()
    assert starts() == first
    assert len({tuple(each) for each in first}) == 4  # every episode is another one


def test_actions_repeat_and_success_counts_at_any_simulator_step():
    task = TASK.with_action_repeat(2)
    simulator = task.make_training(1)
    simulator.reset([1])
    assert simulator.step(RIGHT[:1]).reached.state[0, 0] == pytest.approx(1.0, abs=0.1)


def test_an_environment_that_draws_nothing_says_so():
    simulator = TASK.make_training(1)
    simulator.reset([1])
    with pytest.raises(RenderError):
        simulator.render()


def test_a_behaviour_is_judged_from_whole_episodes():
    seen = []

    def happened(states):
        seen.append(states["walker.x"])
        return bool((states["walker.x"] > 1).any())

    simulator = Judged(TASK.make_training(2), happened)
    start = simulator.reset([1, 2])
    moves = [simulator.step(RIGHT) for _ in range(16)]
    assert [list(move.success) for move in moves] == [[False, False]] * 7 + [[True, False]] + [[False, False]] * 7 + [
        [True, False]
    ]
    assert [len(states) for states in seen] == [9] * 4
    assert np.array_equal(seen[0][0], start.state[0])
    assert np.array_equal(seen[2][0], moves[7].start.state[0])


def test_episodes_that_a_stagger_cuts_off_are_not_judged():
    lengths = []

    def happened(states):
        lengths.append(len(states["walker.x"]))
        return True

    simulator = Judged(TASK.make_training(2), happened)
    simulator.reset([1, 2], np.random.default_rng(0))
    moves = [simulator.step(RIGHT) for _ in range(16)]
    assert sum(move.truncated.sum() for move in moves) == 4
    assert sum(move.success.sum() for move in moves) == 2
    assert lengths == [9] * 2
    simulator.reset([1, 2])
    assert all(simulator.step(RIGHT).success.all() == (i == 7) for i in range(8))
