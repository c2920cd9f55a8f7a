from __future__ import annotations

from collections import Counter

import pytest
from voted import run_of

from text2reward.agent.people import fit, information_gain, next_pair
from text2reward.agent.people.bradley_terry import PRIOR_SD
from text2reward.agent.people.votes import Comparison
from text2reward.record.feedback import Feedback, PairVote, Undo
from text2reward.record.votes import showing

SEEDS = (11, 12, 13)


@pytest.fixture
def run(tmp_path):
    return run_of(tmp_path, {"r1c1": 10, "r1c2": 20, "r1c3": 15})


def ready(run, *seeds):
    return {name: dict.fromkeys(seeds or SEEDS) for name in run.candidates}


def said_of(pair, choice, rater="anna") -> Feedback:
    return Feedback(PairVote(pair.left, pair.right, pair.seed, choice, repeats=pair.repeats), rater)


def answered(run, count, choice="left", rater="anna"):
    said = []
    for _ in range(count):
        said.append(said_of(next_pair(run, said, rater, ready(run)), choice, rater))
    return said


def test_every_pair_is_shown_once_and_then_none(run):
    said = answered(run, 10)  # three pairs on three episodes, and one repeat
    first = [showing(each.said) for each in said if not each.said.repeats]
    assert len(first) == len(set(first)) == 9
    assert next_pair(run, said, "anna", ready(run)) is None
    assert next_pair(run, said, "ben", ready(run)) is not None


def test_the_same_question_gets_the_same_pair_and_undo_brings_it_back(run):
    said = answered(run, 3)
    pair = next_pair(run, said, "anna", ready(run))
    assert pair == next_pair(run, said, "anna", ready(run))
    vote = said_of(pair, "right")
    assert next_pair(run, [*said, vote, Feedback(Undo(vote.id), "anna")], "anna", ready(run)) == pair


def test_sides_are_drawn_for_each_rater(run):
    first = [next_pair(run, [], f"rater {i}", ready(run)) for i in range(200)]
    shown = Counter((pair.left < pair.right) for pair in first)
    assert 70 < shown[True] < 130
    assert {pair.seed for pair in first} == set(SEEDS)


def test_every_eighth_is_a_repeat_with_the_sides_swapped(run):
    said = answered(run, 8)
    repeats = [each.said for each in said if each.said.repeats]
    assert repeats == [said[7].said]
    original = next(each.said for each in said if each.id == repeats[0].repeats)
    assert (repeats[0].left, repeats[0].right, repeats[0].seed) == (original.right, original.left, original.seed)


def test_what_was_skipped_comes_again_after_everything_else(run):
    films = ready(run, 11)
    first = next_pair(run, [], "anna", films)
    said = [said_of(first, "skip")]
    for _ in range(2):
        pair = next_pair(run, said, "anna", films)
        assert showing(said_of(pair, "left").said) != showing(said[0].said)
        said.append(said_of(pair, "left"))
    again = next_pair(run, said, "anna", films)
    assert showing(said_of(again, "left").said) == showing(said[0].said)


def test_only_what_was_filmed_on_the_same_episode_is_shown(run):
    films = {"r1c1": {11: None}, "r1c2": {12: None}, "r1c3": {12: None}, "r9c9": {12: None}}
    pair = next_pair(run, [], "anna", films)
    assert ({pair.left, pair.right}, pair.seed) == ({"r1c2", "r1c3"}, 12)
    assert next_pair(run, [], "anna", {}) is None


def test_the_pair_that_is_least_sure_teaches_most(run):
    votes = [Comparison("a", "b")] * 20 + [Comparison("b", "a")] * 20
    found = fit(("a", "b", "c"), votes)
    assert information_gain(found, "a", "c") > information_gain(found, "a", "b") > 0
    said = [Feedback(PairVote("r1c1", "r1c2", 11, "left"), f"rater {i}") for i in range(6)]
    pair = next_pair(run, said, "anna", ready(run))
    assert "r1c3" in (pair.left, pair.right)


def test_the_gain_is_what_sampling_says():
    import numpy as np

    found = fit(("a", "b"), [Comparison("a", "b")])
    apart, sd = found.difference("a", "b")
    shares = 1 / (1 + np.exp(-np.random.default_rng(0).normal(apart, sd, 400_000)))

    def entropy(p):
        return -p * np.log(p) - (1 - p) * np.log(1 - p)

    assert PRIOR_SD > 0
    assert information_gain(found, "a", "b") == pytest.approx(entropy(shares.mean()) - entropy(shares).mean(), abs=2e-3)
