from __future__ import annotations

import numpy as np
import toy

from text2reward.agent.trajectory_feedback import choose, moments_that_matter, tables
from text2reward.training.trajectories import Trajectories


def test_best_typical_and_worst_go_by_success_then_return():
    success = np.zeros((5, 10), dtype=bool)
    success[0, 5:] = success[1, 2:] = True
    assert choose(success, np.array([9.0, 1.0, 5.0, 7.0, 6.0])) == {"best": 1, "typical": 3, "worst": 2}


def test_one_episode_is_shown_once():
    assert choose(np.zeros((1, 3), dtype=bool), np.zeros(1)) == {"best": 0}


def test_moments_are_where_things_bend():
    bend = np.concatenate([np.zeros(20), np.linspace(0, 1, 10), np.ones(20)])[:, None]
    assert moments_that_matter(bend) == [0, 20, 29, 49]
    assert moments_that_matter(np.linspace(0, 1, 50)[:, None]) == [0, 49]
    assert 25 in moments_that_matter(np.linspace(0, 1, 50)[:, None], also=25)
    wild = np.random.default_rng(0).normal(size=(50, 3))
    assert len(moments_that_matter(wild)) == 6


def test_tables_have_three_digits_and_the_fields_that_the_program_reads():
    state = np.zeros((2, 4, 6), dtype=np.float32)
    state[0, :, 0] = [0, 0.041237, 0.08, 0.12]
    own = Trajectories(state, np.zeros((2, 3, 3), np.float32), np.array([[0, 0, 1], [0, 0, 0]], bool), ("judged",) * 2)
    best, worst = tables(toy.REACH, toy.TASK.layout, own, {"reach": np.array([[0.123456, 0.5, 1], [0, 0, 0]])})
    assert best.startswith("The best episode: solved at step 3, return 1.62")
    assert "0.123" in best
    assert "0.0412 0 0" in best  # metres keep their millimetres
    assert "state.goal.pos" not in best  # it does not move
    assert worst.startswith("The worst episode: not solved, return 0")
