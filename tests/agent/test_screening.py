from __future__ import annotations

import numpy as np
import pytest

from text2reward.agent.method import Screening
from text2reward.agent.screening import preference_feedback, returns_of, verdict, weigh

PUBLISHED = Screening(order="published", threshold=0.8, least=1)
INTERVAL = Screening(order="interval", threshold=0.6, least=5)


def evidence(won, lost):
    returns = np.array([*won, *lost], dtype=float)
    return weigh(returns, np.arange(len(returns)) < len(won), np.random.default_rng(0))


def test_the_share_of_pairs_is_counted_with_ties_as_halves():
    found = evidence([3, 2], [1, 2, 5])
    assert found.in_order == pytest.approx((1 + 1 + 0 + 1 + 0.5 + 0) / 6)
    assert found.above == 0
    assert found.wrong == 2
    assert (found.worst_success, found.best_failure) == (1, 4)


def test_wrong_pairs_are_counted_exactly():
    assert evidence([3, 2], [1, 1, 2.5]).wrong == 1


def test_all_ties_are_chance():
    assert evidence([1, 1], [1, 1]).in_order == 0.5


def test_the_interval_narrows_with_evidence():
    rng = np.random.default_rng(1)
    few = evidence(rng.normal(1, 1, 6), rng.normal(0, 1, 6))
    many = evidence(rng.normal(1, 1, 200), rng.normal(0, 1, 200))
    assert many.high - many.low < few.high - few.low
    assert many.low < 0.76 < many.high  # P(N(1, 1) > N(0, 1)) = 0.760


@pytest.mark.parametrize("rule", [PUBLISHED, INTERVAL])
@pytest.mark.parametrize(("won", "lost"), [([], [1.0] * 20), ([1.0] * 20, []), ([], [])])
def test_one_sided_or_no_labels_are_no_evidence(rule, won, lost):
    assert verdict(evidence(won, lost), rule) == "not enough evidence"


def test_one_lucky_failure_flips_the_published_rule_and_not_the_interval():
    won, lost = [10.0] * 20, [1.0] * 39
    assert verdict(evidence(won, lost), PUBLISHED) == "pass"
    assert verdict(evidence(won, [*lost, 11.0]), PUBLISHED) == "fail"
    assert verdict(evidence(won, [*lost, 11.0]), INTERVAL) == "pass"


def test_a_reward_that_ranks_backwards_fails():
    assert verdict(evidence([1.0] * 9, [2.0] * 9), INTERVAL) == "fail"


def test_a_reward_that_ties_is_not_passed():
    assert verdict(evidence([1.0] * 9, [1.0] * 9), INTERVAL) == "fail"
    rng = np.random.default_rng(0)
    assert verdict(evidence(rng.normal(size=6), rng.normal(size=6)), INTERVAL) == "not enough evidence"


def test_too_few_of_a_kind_are_no_evidence():
    assert verdict(evidence([5.0] * 4, [1.0] * 50), INTERVAL) == "not enough evidence"


def test_the_author_is_told_the_worst_case_term_by_term():
    terms = {"near": np.array([[1.0, 1.0], [3.0, 4.0]]), "done": np.array([[2.0, 0.0], [0.0, 0.0]])}
    found = weigh(returns_of(terms), np.array([True, False]), np.random.default_rng(0))
    said = preference_feedback(found, terms)
    assert "Of 1 pairs" in said
    assert "1 are in the wrong order" in said
    assert "- near: 2, and 7" in said
    assert "- done: 2, and 0" in said
