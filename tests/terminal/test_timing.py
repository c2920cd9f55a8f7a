from __future__ import annotations

from types import SimpleNamespace

import pytest

from text2reward.agent.config import RunConfig
from text2reward.agent.method import Stages, Training
from text2reward.agent.notices import Began, Progress
from text2reward.record.curves import CurvePoint
from text2reward.record.entry import Entry
from text2reward.record.events import AwaitsPeople, Heard, Heat, RoundFinished, Trained
from text2reward.terminal import timing

RATE = 1000  # simulator steps a second


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(s=0.0)
    monkeypatch.setattr(timing.time, "monotonic", lambda: now.s)
    return now


ALL = ("r1c1", "r1c2", "r1c3", "r1c4")


def bound(jobs: int = 2, halvings: int = 0, before: tuple[Heat | Trained, ...] = ()) -> timing.Timing:
    watching = timing.Timing()
    stages = Stages(training=Training(halvings=halvings))
    config = RunConfig(instruction="x", env="toy:TASK", candidates=4, rounds=2, steps=100_000, stages=stages)
    watching(Began(SimpleNamespace(entries=[Entry(event) for event in before]), config, None, jobs))
    if not before:
        end = int(stages.training.heats(4)[0][2] * 100_000)
        watching(Heat(1, 0, ALL, 0, end, 100_000))
    return watching


def train(watching, clock, name: str, steps: int, most: int = 100_000) -> None:
    began = clock.s
    for done in (0, steps):
        clock.s = began + done / RATE
        watching(Progress(name, CurvePoint(done, 0, None, None, {}, {}), most))


def finish(watching, name: str, steps: int = 1, reason: str = "target") -> None:
    watching(ended(name, steps, reason))


def ended(name: str, steps: int, reason: str) -> Trained:
    return Trained(name, f"{name}/s0", "x", reason, "last", steps, 1, None, 1, 1.0)


def test_nothing_is_said_before_anything_was_measured():
    assert bound().left_s() is None


def test_two_at_once_take_two_turns_a_round(clock):
    watching = bound()
    train(watching, clock, "r1c1", 40_000)
    train(watching, clock, "r1c2", 20_000)
    # r1c3 follows r1c1, r1c4 follows r1c2: 60 + 100 and 80 + 100 s; then two turns of 100 s
    assert watching.left_s() == pytest.approx(180 + 200 + 20)


def test_a_finished_training_and_a_finished_round_are_not_owed(clock):
    watching = bound()
    train(watching, clock, "r1c1", 40_000)
    train(watching, clock, "r1c2", 20_000)
    finish(watching, "r1c1")
    assert watching.left_s() == pytest.approx(180 + 200 + 20)  # r1c3 and r1c4 take turns after r1c1 and r1c2
    for name in ("r1c2", "r1c3", "r1c4"):
        finish(watching, name)
    watching(RoundFinished(1, "r1c1"))
    assert watching.left_s() == pytest.approx(200 + 20)


def test_patience_shortens_what_is_owed(clock):
    watching = bound(jobs=1)
    for name in ("r1c1", "r1c2", "r1c3", "r1c4"):
        train(watching, clock, name, 40_000)
        finish(watching, name)
    watching(RoundFinished(1, "r1c1"))
    watching(Heat(2, 0, ("r2c1", "r2c2", "r2c3", "r2c4"), 0, 100_000, 100_000))
    train(watching, clock, "r2c1", 10_000, most=50_000)
    assert watching.left_s() == pytest.approx(40 + 3 * 50 + 20)


def test_after_halving_only_those_that_go_on_are_owed(clock):
    watching = bound(halvings=1)  # four to 50,000, two of them to 100,000
    train(watching, clock, "r1c1", 20_000, most=50_000)
    assert watching.left_s() == pytest.approx(100 + 50 + 150 + 20)  # r1c2 and r1c4 take turns beside the others
    for name in ALL:
        finish(watching, name, 50_000, "heat")
    assert watching.left_s() == pytest.approx(50 + 150 + 20)
    watching(Heat(1, 1, ("r1c3", "r1c1"), 0, 100_000, 100_000))
    assert watching.left_s() == pytest.approx(50 + 150 + 20)
    train(watching, clock, "r1c3", 80_000)
    finish(watching, "r1c1", 100_000, "steps")
    assert watching.left_s() == pytest.approx(20 + 150 + 20)


def test_a_run_that_goes_on_owes_what_its_record_does_not_hold(clock):
    heat = Heat(1, 0, ALL, 0, 100_000, 100_000)
    watching = bound(before=(heat, ended("r1c1", 100_000, "steps"), ended("r1c2", 100_000, "steps")))
    train(watching, clock, "r1c3", 40_000)
    assert watching.left_s() == pytest.approx(100 + 200 + 20)


def test_with_fewer_usable_programs_less_is_owed(clock):
    watching = bound(halvings=1, before=(Heat(1, 0, ("r1c3",), 0, 100_000, 100_000),))
    train(watching, clock, "r1c3", 30_000)
    assert watching.left_s() == pytest.approx(70 + 150 + 20)


def test_waiting_for_people_is_told_apart_and_leaves_the_bound_as_it_was(clock):
    watching = bound()
    for name in ALL:
        train(watching, clock, name, 100_000)
        finish(watching, name, 100_000, "steps")
    before = watching.left_s()
    watching(AwaitsPeople("round 1"))
    clock.s += 150
    assert watching.waited_s == 150
    clock.s += 40
    watching(Heard(1))
    clock.s += 1000
    assert watching.waited_s == 190
    watching(RoundFinished(1, "r1c1"))
    watching(Heat(2, 0, ("r2c1",), 0, 100_000, 100_000))
    train(watching, clock, "r2c1", 10_000)
    assert watching.left_s() == pytest.approx(90 + 20)
    assert before == pytest.approx(200 + 20)


def test_an_audit_does_not_prolong_what_the_others_owe(clock):
    watching = bound(halvings=1)
    train(watching, clock, "r1c1", 20_000, most=50_000)
    train(watching, clock, "r1c9", 20_000, most=100_000)  # audited: not in the heat, trained to the end
    # r1c1 has 30 left, then r1c2 and r1c3 follow, beside the audit's 80 and r1c4
    assert watching.left_s() == pytest.approx(130 + 50 + 150 + 20)


def test_a_race_is_counted_from_when_it_begins(clock):
    watching = bound()
    train(watching, clock, "r1c1", 40_000)
    for name in ALL:
        finish(watching, name, 100_000, "steps")
    assert watching.left_s() == pytest.approx(200 + 20)
    watching(Heat(1, 1, ("r1c1", "r1c2"), 1, 100_000, 100_000))
    assert watching.left_s() == pytest.approx(100 + 200 + 20)
