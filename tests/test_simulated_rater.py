"""A rater of known taste moves the choice that way; one that answers at random is told from it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import toy
from voted import run_of

from text2reward.agent.people import agreement_with_success, consistency
from text2reward.agent.people.hearing import hear
from text2reward.record.events import Heard
from text2reward.record.feedback import read
from text2reward.record.reader import load
from text2reward.record.writer import RecordWriter
from text2reward.training.trajectories import roll_out

SPEEDS = {"r1c1": 0.45, "r1c2": 0.2, "r1c3": 0.3, "r1c4": 0.05}
SOLVED = {"r1c1": 28, "r1c2": 27, "r1c3": 28, "r1c4": 2}


@pytest.fixture
def people(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "bench"))
    monkeypatch.setenv("MUJOCO_GL", "disabled")
    import people

    yield people
    for name in ("people", "machine"):
        sys.modules.pop(name, None)


def stored(runs_dir, speeds=SPEEDS):
    """Candidates whose hands move along x at known speeds, the faster the further to the right."""
    run = run_of(runs_dir, SOLVED)
    for name, speed in speeds.items():

        def act(observation, speed=speed):
            return np.tile(np.array([speed, 0.0, 0.0], dtype=np.float32), (len(observation), 1))

        episodes = roll_out(toy.TASK, toy.ToySimulator(toy.TASK, 3), act, range(3), "judged")
        episodes.save(run.folder / "candidates" / name / "s0" / "trajectories.npz")
    return run


def rated(people, run, taste, votes=18, seed=0):
    people.Rater(taste, toy.TASK, votes, seed).rate(run)
    writer = RecordWriter(run.folder)
    writer.append(hear(run, read(run.folder), 1))
    writer.close()
    return load(run.folder)


@pytest.mark.parametrize("taste", ["slow", "left"])
def test_the_choice_follows_the_taste_among_those_that_succeed(people, tmp_path, taste):
    run = stored(tmp_path)
    assert run.best.id == "r1c1"
    after = rated(people, run, taste)
    speeds = {name: people.measures(toy.TASK, each)["slow"].mean() for name, each in after.candidates.items()}
    assert speeds["r1c4"] < speeds["r1c2"] < speeds["r1c3"] < speeds["r1c1"]
    assert after.best.id == "r1c2"  # r1c4 is liked better still, and fails
    said = read(after.folder)
    assert consistency(said, taste).k == consistency(said, taste).n > 0
    assert agreement_with_success(said, after).value < 0.5


def test_answers_at_random_do_not_follow_a_taste(people, tmp_path):
    liked = []
    for seed in range(12):
        after = rated(people, stored(tmp_path / str(seed)), "random", seed=seed)
        liked.append(next(after.events(Heard)).strengths[0].candidate)
    assert len(set(liked)) > 2
