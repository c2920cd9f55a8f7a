"""Opinions of a model that sees, as the pages show them: apart from people, and marked."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
import served
from rich.console import Console
from voted import run_of

from text2reward.agent.seeing.opining import opined
from text2reward.record.feedback import PairVote, append
from text2reward.record.opinion import Opinion
from text2reward.record.reader import load
from text2reward.record.writer import RecordWriter
from text2reward.terminal.live import LiveDisplay
from text2reward.terminal.plain import PlainDisplay
from text2reward.web.report import render
from text2reward.web.serve.follower import Follower
from text2reward.web.serve.overview import Overview

CLEAR = Opinion("r1c1", "r1c2", 7, ("second", "first"), (f"it {served.HOSTILE}", "nearer"))
MOVED = Opinion("r1c1", "r1c3", 7, ("first", "first"), ("one", "other"))


@pytest.fixture
def run(tmp_path):
    run = run_of(tmp_path, {"r1c1": 28, "r1c2": 26, "r1c3": 3})
    writer = RecordWriter(run.folder)
    writer.append(opined(run, 1, "openai/x", [CLEAR, MOVED], []))
    writer.append(opined(run, 1, f"openai/{served.HOSTILE}", [], [], problem=served.HOSTILE))
    writer.close()
    return load(run.folder)


def test_the_report_and_the_page_have_a_part_for_each_model_and_escape_its_words(run):
    parts = {part["name"]: part["html"] for part in Overview(Follower(run.folder), served.ports()).news("")["parts"]}
    for html in (render(run), parts["opinions"]):
        for text in (
            "<h2>A model's opinion (openai/x)</h2>",
            "Not calibrated: no votes of people on these pairs",
            "Position-dependent: 1 of 2 pairs got another answer when the order was swapped [9%–91%]",
            "<td>r1c2</td><td>r1c2, r1c2</td>",
            "<td>position-dependent</td><td>r1c1, r1c3</td><td>one · other</td>",
        ):
            assert text in html, text
        assert served.HOSTILE not in html
        assert html.count("<h2>A model's opinion (openai/&lt;script&gt;") == 1
    assert "openai/x" not in parts["said"]
    assert list(parts)[-2:] == ["opinions", "said"]


def test_votes_that_come_later_are_compared_with_it(run):
    append(run.folder, PairVote("r1c2", "r1c1", 7, "left"), "anna")
    append(run.folder, PairVote("r1c3", "r1c1", 7, "left"), "anna")  # it has no preference there
    html = render(run)
    assert "Calibration: it agrees with people on 1 of 1 pairs that both judged [21%–100%]" in html
    assert "openai/x" not in html[html.index("What people said") : html.index("A model's opinion")]


def test_a_page_without_opinions_has_no_such_part(tmp_path):
    run = run_of(tmp_path, {"r1c1": 28})
    assert "A model's opinion" not in render(run)
    assert "opinions" not in {part["name"] for part in Overview(Follower(run.folder), served.ports()).news("")["parts"]}


def test_the_terminal_says_whose_opinion_it_is(run):
    event = replace(opined(run, 1, "openai/x", [CLEAR, MOVED], []), problem="it went away")
    plain, live = io.StringIO(), io.StringIO()
    PlainDisplay(plain)(event)
    display = LiveDisplay(Console(file=live, width=160, force_terminal=False))
    display(event)
    display.close()
    for said in (plain.getvalue(), live.getvalue()):
        assert "a model's opinion (openai/x): 2 pairs, 1 of them position-dependent; r1c2 over r1c1" in said
        assert "a model's opinion (openai/x): it went away" in said
