from __future__ import annotations

import pytest
from voted import run_of

from text2reward.agent.people.hearing import hear
from text2reward.record.events import Drafted, Heard
from text2reward.record.feedback import FEEDBACK, BestWorst, Comment, PairVote, append, read
from text2reward.record.reader import load
from text2reward.record.writer import RecordWriter
from text2reward.web.report import render

HOSTILE = "<script>alert('x')</script>"


@pytest.fixture
def run(tmp_path):
    return run_of(tmp_path, {"r1c1": 28, "r1c2": 26, "r1c3": 3})


def heard(run, *said, rater="anna") -> Heard:
    for each in said:
        append(run.folder, each, rater)
    event = hear(run, read(run.folder), 1)
    writer = RecordWriter(run.folder)
    writer.append(event)
    writer.append(Drafted("r2c1", 2, "r1c1", "openai/x", None, exchange="key"))
    writer.close()
    return event


def test_a_run_nobody_spoke_about_has_no_such_part(run):
    assert "What people said" not in render(run)


def test_pairs_strengths_agreement_and_words_are_shown(run):
    votes = [PairVote("r1c3", "r1c1", seed, "left") for seed in range(4)]
    append(run.folder, PairVote("r1c1", "r1c3", 0, "left"), "ben")
    event = heard(
        run, *votes, BestWorst(("r1c1", "r1c2", "r1c3"), 1, "r1c3", "r1c1"), Comment("slower", "r1c2", ("jerky",))
    )
    html = render(load(run.folder))
    for liked in event.strengths:
        assert f"{liked.value:+.2f} [{liked.low:+.2f}, {liked.high:+.2f}]" in html
    for text in (
        "anna: 5 votes",
        "the same answer on 0 of 1 shared pairs",
        "1 of 5 votes between policies of different success",
        "people prefer r1c3 though r1c1 succeeds more often",
        "<p>slower [jerky]</p>",
        "anna, about r1c2, after round 1; first told to the author of r2c1",
        "Every vote (6)",
        "<td>r1c1, r1c2, r1c3</td><td>r1c3 best, r1c1 worst</td>",
    ):
        assert text in html, text


def test_what_came_too_late_is_said_to_have_changed_nothing(run):
    heard(run, Comment("slower"))
    append(run.folder, PairVote("r1c1", "r1c2", 0, "left"), "anna")
    html = render(load(run.folder))
    assert "1 of the lines that stand came after the run last listened" in html
    assert "not counted" in html


def test_nothing_a_person_wrote_becomes_markup(run):
    heard(run, Comment(HOSTILE, "r1c1", (HOSTILE,)), rater=HOSTILE)
    append(run.folder, PairVote(HOSTILE, "r1c1", 0, "left"), HOSTILE)
    html = render(load(run.folder))
    assert HOSTILE not in html
    assert "&lt;script&gt;alert" in html
    assert html.count("<script") == 3


def test_a_broken_line_does_not_cost_the_report(run):
    heard(run, Comment("slower"))
    with (run.folder / FEEDBACK).open("a") as file:
        file.write("{}\n")
    html = render(load(run.folder))
    assert "is broken" in html
    assert "slower" in html
