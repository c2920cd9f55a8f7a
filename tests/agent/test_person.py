from __future__ import annotations

import threading
import time

import pytest

import text2reward
from text2reward.agent.person import read_verdict
from text2reward.errors import UserError
from text2reward.record.events import Watched

HOPPER = "mujoco/Hopper-v5"
SMALL = {"candidates": 2, "rounds": 1, "steps": 4096, "ppo": {"n_steps": 64}}


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("1 3\n", [True, False, True]),
        ("2,3", [False, True, True]),
        ("All", [True, True, True]),
        (" none ", [False, False, False]),
        ("4", None),
        ("yes", None),
        ("", None),
    ],
)
def test_a_verdict_is_numbers_all_or_none(text, verdict):
    assert read_verdict(text, 3) == verdict


def answer_when_asked(folder, answers):
    """Write each answer once its films are there, as a person would, the first time nonsense."""

    def write():
        for about, (films, text) in answers.items():
            while not (found := list(folder.glob(f"*/{films}/video/*-3.mp4"))):
                time.sleep(0.1)
            file = found[0].parents[4] / "watching" / f"{about}.answer.txt"
            while not file.parent.is_dir():
                time.sleep(0.1)
            file.write_text(text)

    threading.Thread(target=write, daemon=True).start()


@pytest.mark.long
def test_a_person_decides_who_wins(tmp_path, capfd):
    answer_when_asked(
        tmp_path,
        {
            "r1c1": ("candidates/r1c1/s0", "none"),
            "r1c2": ("candidates/r1c2/s0", "2 3"),
            "r1c2.held-out": ("candidates/r1c2/s0", "1"),
        },
    )
    run = text2reward.run(env=HOPPER, judge="person", runs_dir=tmp_path, **SMALL)
    assert run.waited_s > 0
    assert [(event.candidate, event.success.k, event.success.n) for event in run.events(Watched)] == [
        ("r1c1", 0, 3),
        ("r1c2", 2, 3),
    ]
    assert run.best.id == "r1c2"
    assert (run.held_out.success.k, run.held_out.success.n) == (1, 3)
    assert all(point.success is None for point in run.best.curves)
    assert "In which of these is it done?" in capfd.readouterr().err
    assert text2reward.resume(run.folder).finished


def test_success_is_no_reward_where_a_person_judges(tmp_path):
    with pytest.raises(UserError, match="Success is no reward where a person judges"):
        text2reward.run(env=HOPPER, model="success", judge="person", runs_dir=tmp_path, **SMALL)
    assert not list(tmp_path.iterdir())
