from __future__ import annotations

import pytest

from text2reward.record.entry import Entry
from text2reward.record.events import Opined, Share
from text2reward.record.feedback import Feedback, PairVote, Undo
from text2reward.record.opinion import MOVED, NEITHER, SAME, UNREAD, Opinion, agreed, judged, latest, moved


def opinion(one: str, other: str, *answers: str, seed: int = 1) -> Opinion:
    return Opinion(one, other, seed, answers)


def vote(left: str, right: str, choice: str, seed: int = 1, rater: str = "anna", **more: str) -> Feedback:
    return Feedback(PairVote(left, right, seed, choice), rater, **more)


@pytest.mark.parametrize(
    ("answers", "verdict", "preferred"),
    [
        (("first", "second"), "a", "a"),
        (("second", "first"), "b", "b"),
        (("first", "first"), MOVED, ""),
        (("second", "second"), MOVED, ""),
        (("first", "same"), MOVED, ""),
        (("neither", "same"), MOVED, ""),
        (("same", "same"), SAME, ""),
        (("neither", "neither"), NEITHER, ""),
        (("", "second"), UNREAD, ""),
        (("", ""), UNREAD, ""),
    ],
)
def test_only_answers_that_agree_in_both_orders_are_a_preference(answers, verdict, preferred):
    found = opinion("a", "b", *answers)
    assert (found.verdict, found.preferred) == (verdict, preferred)


def test_the_share_that_changed_with_the_order_leaves_out_what_could_not_be_read():
    three = [opinion("a", "b", "first", "first"), opinion("a", "c", "first", "second"), opinion("b", "c", "", "first")]
    assert moved(three) == (1, 2)
    assert moved([]) == (0, 0)


def test_calibration_counts_the_pairs_that_most_people_answered_alike():
    said = [
        vote("a", "b", "left"),
        vote("b", "a", "right", rater="ben"),  # the same, seen the other way round
        vote("a", "c", "left"),
        vote("a", "c", "right", rater="ben"),  # people do not agree
        vote("b", "c", "same"),
        vote("c", "d", "skip"),
        vote("a", "d", "left"),
        vote("b", "d", "left", id="x"),
        Feedback(Undo("x"), "anna"),
        vote("a", "b", "right", seed=2),
    ]
    pairs = [
        opinion("a", "b", "first", "second"),  # agrees
        opinion("c", "a", "first", "second"),
        opinion("b", "c", "first", "second"),  # people find them alike
        opinion("c", "d", "first", "second"),
        opinion("a", "d", "first", "first"),  # no opinion
        opinion("b", "d", "first", "second"),
        opinion("a", "b", "first", "second", seed=2),  # disagrees
    ]
    assert agreed(pairs, said) == (1, 3)
    assert agreed(pairs, []) == (0, 0)
    assert judged(said) == {("a", "b", 1), ("a", "b", 2), ("b", "c", 1), ("a", "d", 1)}


def test_of_what_one_rater_says_twice_the_first_answer_counts():
    said = [vote("a", "b", "left"), vote("a", "b", "right"), vote("a", "b", "right")]
    assert agreed([opinion("a", "b", "first", "second")], said) == (1, 1)


def test_of_two_opinions_about_a_pair_the_last_counts():
    old, new = opinion("a", "b", "first", "second"), opinion("b", "a", "first", "second")
    assert latest([old, new]) == [new]


def test_the_event_reads_back():
    event = Opined(2, "openai/x", (opinion("a", "b", "first", ""),), Share.of(1, 2), None, "why")
    assert Entry.from_line(Entry(event).to_line()).event == event
