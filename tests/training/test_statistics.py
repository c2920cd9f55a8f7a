from __future__ import annotations

import pytest
from scipy.stats import binomtest

from text2reward.training.seeds import episode_seeds, integers, stream
from text2reward.training.statistics import Rate, can_still_pass, difference, paired_difference, trials_to_prove


@pytest.mark.parametrize(("k", "n"), [(0, 30), (1, 30), (15, 30), (29, 30), (30, 30), (97, 100)])
def test_the_interval_is_wilsons(k, n):
    expected = binomtest(k, n).proportion_ci(0.95, method="wilson")
    assert Rate(k, n).low == pytest.approx(expected.low, abs=1e-9)
    assert Rate(k, n).high == pytest.approx(expected.high, abs=1e-9)


def test_nothing_tried_proves_nothing():
    assert (Rate(0, 0).low, Rate(0, 0).high) == (0.0, 1.0)


@pytest.mark.parametrize("target", [0.5, 0.9, 0.95])
@pytest.mark.parametrize("failures", [0, 1, 2])
def test_the_fewest_trials_that_prove_a_target(target, failures):
    n = trials_to_prove(target, failures)
    assert Rate(n - failures, n).low > target
    assert Rate(n - 1 - failures, n - 1).low <= target


def test_certainty_cannot_be_proved():
    with pytest.raises(ValueError, match="no number of trials"):
        trials_to_prove(1.0)


def test_a_lost_case_is_seen_early():
    assert can_still_pass(10, 10, 70, 0.9)
    assert not can_still_pass(5, 10, 70, 0.9)


def test_streams_differ_and_a_longer_list_starts_with_the_shorter():
    assert set(episode_seeds(0, "select", 100)).isdisjoint(episode_seeds(0, "held-out", 100))
    assert episode_seeds(0, "select", 100)[:30] == episode_seeds(0, "select", 30)
    assert episode_seeds(0, "select", 5) != episode_seeds(1, "select", 5)
    assert integers(stream(0, "train", 1, 2, 0), 2) != integers(stream(0, "train", 1, 3, 0), 2)
    assert all(0 <= seed < 2**31 - 1 for seed in episode_seeds(0, "select", 1000))


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090), ((10, 10), (0, 10), 0.6075, 1.0)],
)
def test_the_interval_of_a_difference_is_the_published_one(one, other, low, high):
    """Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10."""
    found = difference(Rate(*one), Rate(*other))
    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-5)
    assert found.pairs == 0


@pytest.mark.parametrize(
    ("both", "first", "second", "neither", "low", "high"),
    [(36, 12, 2, 0, 0.0569, 0.3404), (1, 1, 7, 12, -0.507, -0.026)],
)
def test_the_interval_of_a_paired_difference_is_the_published_one(both, first, second, neither, low, high):
    """Newcombe (1998), Statistics in Medicine 17, 2635-2650, method 10; Fagerland et al. (2014), for the second."""
    one = [True] * (both + first) + [False] * (second + neither)
    other = [True] * both + [False] * first + [True] * second + [False] * neither
    found = paired_difference(one, other)
    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-4)
    assert found.pairs == len(one)


def test_pairs_make_the_interval_narrower_where_outcomes_go_together():
    one, other = [True] * 20 + [False] * 20, [True] * 15 + [False] * 25
    paired, apart = paired_difference(one, other), difference(Rate(20, 40), Rate(15, 40))
    assert paired.value == apart.value
    assert apart.low < paired.low < paired.high < apart.high
    with pytest.raises(ValueError, match="zip"):
        paired_difference(one, other[1:])
