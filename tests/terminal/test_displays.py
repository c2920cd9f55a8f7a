from __future__ import annotations

import io
from types import SimpleNamespace

import pytest
import toy
from records import finished_run
from rich.console import Console

from text2reward.agent.config import config_for
from text2reward.agent.notices import Began, Doing, Progress
from text2reward.record.curves import CurvePoint
from text2reward.record.events import AwaitsPeople, Drafted, Heard, Heat, Success, Trained
from text2reward.terminal import plain, timing
from text2reward.terminal.live import LiveDisplay
from text2reward.terminal.plain import PlainDisplay


def point(steps: int, success: float | None) -> Progress:
    return Progress("r1c1", CurvePoint(steps, 1.0, success, 0.0, {}, {}), 300)


def ended(seed: int, k: int, reason: str = "steps") -> Trained:
    select = Success(k, 30, k / 30 - 0.1, k / 30 + 0.1, k) if reason != "failed" else None
    return Trained("r1c1", f"r1c1/s{seed}", f"candidates/r1c1/s{seed}", reason, "last", 300, 300, select, k, 1.0)


EVENTS = (
    Began(
        SimpleNamespace(folder="runs/x", candidates={}, entries=[], sandbox="tier A"),
        config_for(None, {"env": "toy:TASK"}),
        toy.TASK,
        2,
    ),
    Drafted("r1c1", 1, None, "composer", "reward.py", note="reach"),
    Heat(1, 0, ("r1c1",), 0, 100, 300),
    Doing("training", "r1c1"),
    point(50, 0.1),
    point(100, 0.2),
    ended(0, 6, "heat"),
    Heat(1, 1, ("r1c1",), 0, 300, 300),
    point(300, 0.5),
    ended(0, 15),
    Heat(1, 2, ("r1c1",), 1, 300, 300),
    point(50, 0.0),
    ended(1, 9),
)


@pytest.fixture
def drawn():
    """What the live view shows after some events."""
    displays = []

    def draw(*events: object) -> str:
        out = io.StringIO()
        display = LiveDisplay(Console(file=out, width=160, force_terminal=False))
        displays.append(display)
        for event in events:
            display(event)
        console = Console(file=io.StringIO(), width=160)
        console.print(display._draw())
        return console.file.getvalue()

    yield draw
    for display in displays:
        display.close()


def test_the_live_view_says_what_a_heat_is_about_while_it_lasts(drawn):
    assert "training to 100 of 300 steps: r1c1" in drawn(*EVENTS[:5])
    assert "training on to 300 steps: r1c1" in drawn(*EVENTS[:9])
    assert "too close to call; with another seed: r1c1" in drawn(*EVENTS[:12])


def test_a_row_goes_on_after_a_heat_and_begins_anew_with_another_seed(drawn):
    row = next(line for line in drawn(*EVENTS[:9]).splitlines() if line.startswith("r1c1"))
    assert "300" in row
    assert "50%" in row
    assert len(row.split("300")[1].split()[0]) == 3  # three moments drawn
    assert "training" in row  # no result yet
    row = next(line for line in drawn(*EVENTS[:12]).splitlines() if line.startswith("r1c1"))
    assert len(row.split("50")[1].split()[0]) == 1


def test_of_several_seeds_the_row_shows_the_one_that_counts(drawn):
    for last in (EVENTS[12], ended(1, 0, "failed")):
        row = next(line for line in drawn(*EVENTS[:12], last).splitlines() if line.startswith("r1c1"))
        assert "50% [40%–60%]" in row


def test_after_resuming_rows_are_as_they_were_and_the_clock_goes_on(drawn, tmp_path):
    run = finished_run(tmp_path)
    shown = drawn(Began(run, config_for(None, {"env": "toy:TASK"}), toy.TASK, 2, worked_s=3725.0))
    row = next(line for line in shown.splitlines() if line.startswith("r1c1"))
    assert "4,000" in row
    assert "▃▅▇█" in row
    assert "90% [70%–97%]" in row
    assert "1:02:05 · " in shown


def test_plain_lines_name_heats_and_seeds():
    out = io.StringIO()
    display = PlainDisplay(out)
    for event in EVENTS:
        display(event)
    lines = [line.split("] ", 1)[1] for line in out.getvalue().splitlines()]
    assert "training to 100 of 300 steps: r1c1" in lines
    assert "r1c1 20% [10%–30%] after 300 steps (so far)" in lines
    assert "r1c1/s1 30% [20%–40%] after 300 steps (all steps used)" in lines


def test_lines_tell_the_last_success_that_is_known(monkeypatch):
    monkeypatch.setattr(plain, "_EVERY_S", 0.0)
    out = io.StringIO()
    display = PlainDisplay(out)
    for each in (*EVENTS[:3], point(50, None), point(60, 0.2), point(70, None)):
        display(each)
    told = [line.split("steps, ")[1].split(" (")[0] for line in out.getvalue().splitlines() if "steps, " in line]
    assert told == ["no episode ended yet", "success 20% while exploring", "success 20% while exploring"]


def test_lines_tell_a_success_that_had_no_line_of_its_own(monkeypatch):
    out = io.StringIO()
    display = PlainDisplay(out)
    for each in (*EVENTS[:3], point(50, None), point(60, 0.2)):
        display(each)
    monkeypatch.setattr(plain, "_EVERY_S", 0.0)
    display(point(70, None))
    told = [line for line in out.getvalue().splitlines() if "steps, " in line]
    assert len(told) == 2
    assert "70 steps, success 20% while exploring" in told[1]


def test_how_long_the_run_waited_for_people_is_said_apart(drawn, monkeypatch):
    now = SimpleNamespace(s=0.0)
    out = io.StringIO()
    display = PlainDisplay(out)
    with monkeypatch.context() as patched:
        patched.setattr(timing.time, "monotonic", lambda: now.s)
        display(AwaitsPeople("round 1"))
        now.s = 190.0
        display(Heard(1))
    assert "waited 3:10 for people" in out.getvalue()
    assert "waited" not in drawn(*EVENTS, Heard(1))
    assert "waited 0:0" in drawn(*EVENTS, AwaitsPeople("round 1"))
