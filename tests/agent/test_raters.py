from __future__ import annotations

import pytest
from voted import run_of

from text2reward.agent.people import agreement, agreement_with_success, consistency
from text2reward.agent.people.raters import krippendorff
from text2reward.record.feedback import Feedback, PairVote


def vote(left, right, choice, rater="anna", seed=0, **more) -> Feedback:
    return Feedback(PairVote(left, right, seed, choice, **more), rater)


def test_a_rater_who_answers_a_repeat_otherwise_is_less_consistent():
    one, two = vote("a", "b", "left"), vote("a", "c", "same")
    said = [one, two, vote("b", "a", "right", repeats=one.id), vote("c", "a", "left", repeats=two.id)]
    assert (consistency(said, "anna").k, consistency(said, "anna").n) == (1, 2)
    assert consistency(said, "ben").n == 0
    assert consistency([vote("b", "a", "left", repeats="gone")], "anna").n == 0


def test_agreement_counts_pairs_that_several_judged_whatever_the_side():
    said = [
        vote("a", "b", "left"),
        vote("b", "a", "right", "ben"),
        vote("a", "c", "left"),
        vote("a", "c", "same", "ben"),
    ]
    said += [vote("b", "c", "left"), vote("b", "c", "skip", "ben"), vote("a", "b", "left", "ben", seed=9)]
    found = agreement(said)
    assert (found.equal.k, found.equal.n) == (1, 2)
    assert found.alpha is None


def test_alpha_is_one_for_equal_answers_and_about_zero_by_chance():
    assert krippendorff([("x", "x"), ("y", "y")] * 5) == 1
    assert krippendorff([("x", "x"), ("y", "y"), ("x", "y"), ("y", "x")] * 50) == pytest.approx(0, abs=0.01)
    assert krippendorff([("x", "x")] * 5) is None


def test_alpha_of_krippendorffs_own_example():
    """Krippendorff (2011), section C: four observers, twelve units, nominal data with missing ones: 0.743."""
    observers = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]
    units = list(zip(*observers, strict=True))
    paired = [[value for value in unit if value != "."] for unit in units]
    assert krippendorff([unit for unit in paired if len(unit) > 1]) == pytest.approx(0.743, abs=5e-4)


def test_people_beside_the_simulator(tmp_path):
    run = run_of(tmp_path, {"r1c1": 10, "r1c2": 20, "r1c3": 10})
    said = [vote("r1c1", "r1c2", "right"), vote("r1c1", "r1c2", "left", "ben"), vote("r1c1", "r1c3", "left")]
    found = agreement_with_success([*said, vote("r1c2", "r1c3", "same")], run)
    assert (found.k, found.n) == (1, 2)
