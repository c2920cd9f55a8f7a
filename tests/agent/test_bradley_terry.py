from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from text2reward.agent.people import Comparison, comparisons, fit
from text2reward.record.feedback import BestWorst, Feedback, PairVote, Undo

ABC = ("a", "b", "c")


def vote(left, right, choice, rater="anna", seed=0, **more) -> Feedback:
    return Feedback(PairVote(left, right, seed, choice, **more), rater)


def weights(said, known=ABC) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for each in comparisons(said, known):
        found[each.better, each.worse] = found.get((each.better, each.worse), 0) + each.weight
    return found


def test_a_win_a_tie_and_a_skip():
    assert weights([vote("a", "b", "right")]) == {("b", "a"): 1}
    assert (
        weights([vote("a", "b", "same")]) == weights([vote("a", "b", "neither")]) == {("a", "b"): 0.5, ("b", "a"): 0.5}
    )
    assert weights([vote("a", "b", "skip")]) == {}


def test_best_and_worst_of_several():
    ranking = Feedback(BestWorst(("a", "b", "c"), 0, "b", "c"), "anna")
    assert weights([ranking]) == {("b", "a"): 1, ("b", "c"): 1, ("a", "c"): 1}


def test_what_is_taken_back_repeated_or_about_nobody_does_not_count_twice():
    first = vote("a", "b", "left")
    assert weights([first, Feedback(Undo(first.id), "anna")]) == {}
    assert weights([first, vote("b", "a", "right", repeats=first.id)]) == {("a", "b"): 1}
    assert weights([first, vote("b", "a", "left", repeats=first.id)]) == {("a", "b"): 0.5, ("b", "a"): 0.5}
    assert weights([first, vote("a", "b", "left", rater="ben")]) == {("a", "b"): 2}
    assert weights([vote("a", "z", "left"), vote("a", "a", "left")]) == {}


def test_without_votes_all_are_alike_and_nothing_is_known():
    found = fit(ABC, [])
    assert [found.of(name)[0] for name in ABC] == [0, 0, 0]
    assert found.preferred("a", "b") == 0.5
    assert found.of("a")[2] > 2


def test_one_vote_moves_two_candidates_a_finite_way():
    found = fit(ABC, [Comparison("a", "b")])
    assert found.mean[0] == pytest.approx(-found.mean[1])
    assert found.mean[2] == pytest.approx(0)
    assert 0.65 < found.preferred("a", "b") < 0.85
    assert found.of("a")[1] < 0 < found.of("a")[2]


def test_the_mode_and_the_curvature_are_those_of_the_posterior():
    votes = [Comparison("a", "b"), Comparison("a", "b"), Comparison("b", "c", 0.5), Comparison("c", "b", 0.5)]
    found = fit(ABC, votes)

    def negative_log(strength):
        by_name = dict(zip(ABC, strength, strict=True))
        lost = [v.weight * math.log(1 + math.exp(by_name[v.worse] - by_name[v.better])) for v in votes]
        return sum(lost) + sum(value**2 for value in strength) / (2 * 2.0**2)

    step, here = 1e-4, found.mean
    units = np.eye(3) * step
    for unit in units:
        assert negative_log(here + unit) > negative_log(here) < negative_log(here - unit)
    hessian = np.array(
        [
            [
                (negative_log(here + u + v) - negative_log(here + u) - negative_log(here + v) + negative_log(here))
                / step**2
                for v in units
            ]
            for u in units
        ]
    )
    assert np.allclose(np.linalg.inv(hessian), found.covariance, rtol=1e-2)


def test_many_votes_find_the_true_strengths_and_their_intervals_hold():
    rng, truth, names = np.random.default_rng(3), np.array([-1.0, -0.3, 0.3, 1.0]), ("a", "b", "c", "d")
    inside, rounds = 0, 60
    for _ in range(rounds):
        votes = []
        for (i, one), (j, other) in itertools.combinations(enumerate(names), 2):
            for _ in range(40):
                wins = rng.random() < 1 / (1 + np.exp(truth[j] - truth[i]))
                votes.append(Comparison(one, other) if wins else Comparison(other, one))
        found = fit(names, votes)
        bounds = [found.of(name) for name in names]
        inside += sum(low <= value <= high for value, (_, low, high) in zip(truth, bounds, strict=True))
    assert 0.9 < inside / (4 * rounds) <= 1
    assert found.surely("d", "a") > 0.99 > 0.01 > found.surely("a", "d")


def test_ten_thousand_votes_for_one_stay_finite():
    found = fit(ABC, [Comparison("a", "b")] * 10_000)
    assert np.isfinite(found.mean).all()
    assert 0.99 < found.preferred("a", "b") < 1
