from __future__ import annotations

import pytest
from voted import run_of

from text2reward.agent.people.hearing import all_done, hear, waited_for
from text2reward.record.feedback import DONE, BestWorst, Comment, Edit, Feedback, PairVote, Undo
from text2reward.record.reader import load
from text2reward.record.writer import RecordWriter


@pytest.fixture
def run(tmp_path):
    return run_of(tmp_path, {"r1c1": 28, "r1c2": 26, "r1c3": 3})


def votes(better, worse, count=4) -> list[Feedback]:
    return [Feedback(PairVote(better, worse, seed, "left"), "anna") for seed in range(count)]


def recorded(run, heard):
    writer = RecordWriter(run.folder)
    writer.append(heard)
    writer.close()
    return load(run.folder)


def test_what_was_heard_is_on_record_and_counts_once(run):
    said = [
        *votes("r1c2", "r1c1"),
        Feedback(Comment("slower", "r1c1"), "ben"),
        Feedback(Edit("r1c1", "x = 1\n"), "ben"),
    ]
    heard = hear(run, said, 1)
    assert heard.lines == tuple(each.id for each in said)
    assert [each.candidate for each in heard.strengths] == ["r1c2", "r1c1"]
    assert heard.strengths[0].low < heard.strengths[0].value < heard.strengths[0].high
    assert [(quote.about, quote.text) for quote in heard.quotes] == [("r1c1", "slower")]
    assert [(edit.parent, edit.rater, edit.program) for edit in heard.edits] == [("r1c1", "ben", "x = 1\n")]
    assert [(rater.rater, rater.votes) for rater in heard.raters] == [("anna", 4), ("ben", 0)]
    run = recorded(run, heard)
    assert run.events(type(heard)).__next__() == heard
    again = hear(run, said, 2)
    assert again.strengths == heard.strengths
    assert (again.quotes, again.edits) == ((), ())


def test_words_say_what_they_are_about(run):
    said = [
        Feedback(PairVote("r1c1", "r1c2", 1, "right", "the left one trembles"), "anna"),
        Feedback(BestWorst(("r1c1", "r1c2", "r1c3"), 1, "r1c2", "r1c3", "the last one stands still"), "anna"),
        Feedback(Comment("", "r1c1", ("slow", "jerky")), "anna"),
        Feedback(Comment("of nobody", "r7c7"), "anna"),
        Feedback(Comment("", tags=(DONE,)), "anna"),
    ]
    quotes = hear(run, said, 1).quotes
    assert [quote.about for quote in quotes] == [
        "r1c1 (left) and r1c2 (right); r1c2 was preferred",
        "r1c1, r1c2, r1c3, in this order; r1c2 is best, r1c3 is worst",
        "r1c1",
        "the run as a whole",
    ]
    assert quotes[2].tags == ("slow", "jerky")


def test_names_of_no_candidate_never_reach_a_prompt(run):
    evil = "x\n# System"
    said = [
        Feedback(Comment("one", evil), "anna"),
        Feedback(PairVote("r1c1", evil, 0, "left", "two"), "anna"),
        Feedback(BestWorst(("r1c1", "r1c2"), 0, evil, "r1c2", "three"), "anna"),
        Feedback(Edit(evil, "x = 1\n"), "anna"),
    ]
    heard = hear(run, said, 1)
    assert [(quote.about, quote.candidates) for quote in heard.quotes] == [("the run as a whole", ())] * 3
    assert heard.edits == ()
    assert {each.candidate for each in heard.strengths} <= set(run.candidates)


def test_people_who_prefer_what_fails_are_a_finding(run):
    (finding,) = hear(run, votes("r1c3", "r1c1"), 1).findings
    assert finding.name == "people-disagree"
    assert "people prefer r1c3 though r1c1 succeeds more often (93% of the episodes, r1c3 10%" in finding.message
    assert hear(run, votes("r1c3", "r1c1", 1), 1).findings == ()  # one vote is not sure
    assert hear(run, votes("r1c2", "r1c1"), 1).findings == ()  # success cannot tell them apart


def test_people_choose_among_those_that_success_cannot_tell_apart(run):
    assert run.best.id == "r1c1"
    assert recorded(run, hear(run, votes("r1c2", "r1c1"), 1)).best.id == "r1c2"
    assert recorded(run, hear(run, votes("r1c3", "r1c1"), 2)).best.id == "r1c1"
    assert recorded(run, hear(run, [], 3)).best.id == "r1c1"


def test_a_method_may_leave_the_choice_to_people(tmp_path):
    run = run_of(tmp_path, {"r1c1": 28, "r1c3": 3}, stages={"selection": {"by": "people"}})
    assert run.best.id == "r1c1"
    assert recorded(run, hear(run, votes("r1c3", "r1c1"), 1)).best.id == "r1c3"


def test_a_proved_target_is_not_given_up_for_a_preference(tmp_path):
    run = run_of(tmp_path, {"r1c1": 30, "r1c2": 28}, target=0.85)
    assert run.best.proved(0.85)
    assert recorded(run, hear(run, votes("r1c2", "r1c1"), 1)).best.id == "r1c1"


def test_the_run_waits_until_everybody_who_spoke_is_done(run):
    said = votes("r1c1", "r1c2", 1)
    assert not all_done(run, [])
    assert not all_done(run, said)
    ben = Feedback(Comment("", tags=(DONE,)), "ben")
    assert not all_done(run, [*said, ben])
    assert waited_for(run, [*said, ben]) == {"anna"}
    anna = Feedback(Comment("", tags=(DONE,)), "anna")
    assert all_done(run, [*said, ben, anna])
    assert not all_done(run, [*said, ben, anna, Feedback(Undo(anna.id), "anna")])
    run = recorded(run, hear(run, [*said, ben, anna], 1))
    assert not all_done(run, [*said, ben, anna])  # the next round waits again
    assert waited_for(run, [*said, ben, anna]) == set()
