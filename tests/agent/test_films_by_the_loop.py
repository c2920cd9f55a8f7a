"""A run that asks people films its candidates by itself, so that somebody can rate while it waits or goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from test_people_loop import DONE, config

from text2reward.agent import rating_films as rating_films_module
from text2reward.agent.notices import Waiting
from text2reward.agent.people import next_pair
from text2reward.agent.rating_films import rating_films
from text2reward.agent.run import RunInterrupted, resume, start
from text2reward.record.events import Filmed, Heard, Interrupted, Trained
from text2reward.record.feedback import PairVote, append, read
from text2reward.record.reader import load

CANNOT = "MUJOCO_GL=off forbids drawing. Unset the variable: unset MUJOCO_GL."


@pytest.fixture(autouse=True)
def one_state(monkeypatch):
    """One initial state is enough for what the tests are about."""
    monkeypatch.setattr(rating_films_module, "EPISODES", 1)


def films_of(run):
    return {name: set(films) for name, films in rating_films(load(run.folder)).ready().items()}


def nothing_is_left(folder: Path) -> bool:
    busy = [thread for thread in threading.enumerate() if thread.name == "films"]
    return not busy and not list(folder.glob("candidates/*/s0/rating/.part-*"))


def test_while_a_run_waits_all_its_candidates_can_be_rated(tmp_path):
    seen = []

    def watch(event):
        if isinstance(event, Waiting):
            seen.append(event)
            if event.films == "made":
                run = load(event.folder)
                pair = next_pair(run, read(run.folder), "anna", rating_films(run).ready())
                append(run.folder, PairVote(pair.left, pair.right, pair.seed, "left"), "anna")
                append(run.folder, DONE, "anna")

    run = start(config(human="wait", rounds=1), tmp_path, watch)
    assert [event.films for event in seen] == ["making", "made"]
    assert [event.reason for event in run.events(Trained)][-1] == "steps"
    assert "heat" in {each.training.reason for each in run.candidates.values()}  # left behind, and yet filmed
    assert list(films_of(run)) == ["r1c1", "r1c2"]
    (heard,) = run.events(Heard)
    assert [rater.votes for rater in heard.raters] == [1]
    assert "films are being made" in seen[0].lines[-1]
    assert [line.split()[1] for line in seen[0].lines if line.startswith("  text2reward")] == [
        *("serve", "rate", "feedback")
    ]
    assert nothing_is_left(run.folder)


def test_a_run_that_asks_nobody_films_nothing_to_rate(tmp_path):
    run = start(config(human="off", rounds=1, candidates=1), tmp_path)
    assert not list(run.folder.glob("candidates/*/s0/rating"))


@pytest.mark.parametrize("human", ["wait", "async"])
def test_where_nothing_can_be_drawn_the_run_goes_on_and_says_so_once(tmp_path, monkeypatch, human):
    monkeypatch.setenv("MUJOCO_GL", "off")
    seen = []

    def watch(event):
        seen.append(event)
        if isinstance(event, Waiting) and event.films == "none":
            append(event.folder, DONE, "anna")

    run = start(config(human=human, rounds=1, candidates=1), tmp_path, watch)
    assert run.finished
    assert [event.problem for event in seen if isinstance(event, Filmed)] == [CANNOT]
    if human == "wait":
        lines = [event for event in seen if isinstance(event, Waiting)][-1].lines
        assert lines[-1] == "nothing can be filmed here; people can still comment"
        assert not any(" rate " in line for line in lines)


def test_a_run_that_is_stopped_while_it_films_goes_on_and_films(tmp_path):
    def stop(event):
        if isinstance(event, Waiting):
            assert event.films == "making"
            raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(RunInterrupted) as interrupt:
        start(config(human="wait", rounds=1, candidates=1), tmp_path, stop)
    folder = interrupt.value.run.folder
    assert nothing_is_left(folder)
    assert time.monotonic() - began < 120

    def answer(event):
        if isinstance(event, Waiting) and event.films == "made":
            append(folder, DONE, "anna")

    assert list(films_of(resume(folder, answer))) == ["r1c1"]


def test_the_runs_end_does_not_wait_for_films(tmp_path, monkeypatch):
    forever = threading.Event()
    real = rating_films_module.RatingFilms._make

    def slow(self, candidate, seed, film):
        forever.wait()
        real(self, candidate, seed, film)

    monkeypatch.setattr(rating_films_module.RatingFilms, "_make", slow)
    monkeypatch.setattr("text2reward.agent.films_in_background._LAST_S", 0.1)
    run = start(config(human="async", rounds=1, candidates=1), tmp_path)
    assert run.finished
    forever.set()  # and now the workers are called off
    while not nothing_is_left(run.folder):
        time.sleep(0.05)
    assert films_of(run) == {}


@pytest.mark.long
def test_ctrl_c_leaves_no_process_behind_on_meta_world(tmp_path):
    words = ["run", "--env", "metaworld/window-close-v3", "--human", "wait", "--steps", "8192", "--candidates", "1"]
    code = "import sys; from text2reward.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, *words, "--runs-dir", str(tmp_path), "--rounds", "1", "--display", "plain"]
    run = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(
            signal.SIGINT, signal.SIG_DFL
        ),  # what a shell starts beside it is deaf to Ctrl-C
    )
    assert run.stderr is not None
    for line in run.stderr:
        if "waiting for people" in line:
            break
    (folder,) = tmp_path.iterdir()
    while not list(folder.glob("candidates/*/s0/rating/.part-*")):
        time.sleep(0.05)
    began = {pid: _started(pid) for pid in _below(run.pid)}
    assert began
    run.send_signal(signal.SIGINT)
    assert run.wait(60) == 130
    run.stderr.close()
    until = time.monotonic() + 20
    while left := [pid for pid, when in began.items() if when and _started(pid) == when]:
        assert time.monotonic() < until, left
        time.sleep(0.1)
    assert isinstance(load(folder).entries[-1].event, Interrupted)


def _below(pid: int) -> list[int]:
    """All processes that descend from one."""
    parents = {}
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(each.parent.name)] = int(each.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [pid]
    for parent in found:
        found += [child for child, its in parents.items() if its == parent]
    return [each for each in found if each != pid and each != os.getpid()]


def _started(pid: int) -> str | None:
    """When a process began, which tells it from a later one of the same number; None where it is gone or dead."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]
