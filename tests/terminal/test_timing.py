from __future__ import annotations

from types import SimpleNamespace

import pytest

from text2reward.agent.config import RunConfig
from text2reward.agent.notices import Began, Progress
from text2reward.record.curves import CurvePoint
from text2reward.record.events import RoundFinished, Trained
from text2reward.terminal import timing

RATE = 1000  # simulator steps a second


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(s=0.0)
    monkeypatch.setattr(timing.time, "monotonic", lambda: now.s)
    return now


def bound(jobs: int = 2) -> timing.Timing:
    watching = timing.Timing()
    config = RunConfig(instruction="x", env="toy:TASK", candidates=4, rounds=2, steps=100_000)
    run = SimpleNamespace(rounds=[], candidates={})
    watching(Began(run, config, None, jobs))
    return watching


def train(watching, clock, name: str, steps: int, most: int = 100_000) -> None:
    began = clock.s
    for done in (0, steps):
        clock.s = began + done / RATE
        watching(Progress(name, CurvePoint(done, 0, None, None, {}, {}), most))


def finish(watching, name: str) -> None:
    watching(Trained(name, "x", "x", "target", "last", 1, 1, None, 1, 1.0))


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
    train(watching, clock, "r2c1", 10_000, most=50_000)
    assert watching.left_s() == pytest.approx(40 + 3 * 50 + 20)
