"""A run that asks people: it waits or takes what stands, tells its coder, trains their edits, and resumes the same."""

from __future__ import annotations

import json

import pytest
import toy
from protocol_server import answer, serving
from test_loop import FENCED
from test_loop import QUICK as ONE_ROUND

import text2reward
from text2reward.agent import patience
from text2reward.agent.config import config_for
from text2reward.agent.notices import Waiting
from text2reward.agent.run import RunInterrupted, resume, start
from text2reward.errors import UserError
from text2reward.record.events import Heard, Trained
from text2reward.record.feedback import FEEDBACK, Comment, Edit, PairVote, append
from text2reward.record.reader import list_runs

QUICK = {**ONE_ROUND, "steps": 2_000, "held_out": 5, "jobs": 1, "rounds": 2, "target": 1.0}
DONE = Comment("", tags=("done",))


def config(**changes):
    return config_for(None, {**QUICK, **changes})


def saying(runs_dir, *said, when=lambda event: isinstance(event, Trained), times=1, also=lambda event: None):
    """A watcher that has anna say things once something happened, and then does ``also``."""
    left = [times]

    def watch(event):
        if left[0] and when(event):
            left[0] -= 1
            for each in said:
                append(list_runs(runs_dir)[-1], each, "anna")
        also(event)

    return watch


def signature(run):
    return [(c.id, c.draft.author, c.draft.parent, c.program, c.success) for c in run.candidates.values()]


@pytest.fixture
def model(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-key")
    monkeypatch.setattr(patience, "FIRST_WAIT_S", 0.01)


@pytest.mark.long
def test_a_run_that_asks_nobody_does_not_look(tmp_path):
    run = start(config(rounds=1), tmp_path, saying(tmp_path, Comment("slower", "r1c1")))
    assert not list(run.events(Heard))


@pytest.mark.long
def test_votes_and_words_are_taken_when_they_come_and_the_coder_is_told(tmp_path, model):
    programs = iter(FENCED.replace("5 *", f"{k} *") for k in range(2, 100))
    said = [Comment("slower near the goal", "r1c1"), *(PairVote("r1c2", "r1c1", s, "left") for s in range(3))]

    def both(event):
        return isinstance(event, Trained) and event.candidate == "r1c2"

    with serving(lambda body, number: answer(next(programs))) as server:
        run = start(
            config(model="openai/x", base_url=server.url, human="async"), tmp_path, saying(tmp_path, *said, when=both)
        )
    first, second = run.events(Heard)
    assert (first.round, second.round) == (1, 2)
    assert [each.candidate for each in first.strengths] == ["r1c2", "r1c1"]
    assert second.quotes == ()
    asked = [body["messages"][-1]["content"] for body in server.requests]
    told = [text for text in asked if "slower near the goal" in text]
    assert len(told) == 2
    assert "improved program" in told[0]
    assert "- r1c2: +" in told[0]
    assert resume(run.folder).finished


def test_the_composer_starts_from_what_people_prefer_and_their_edit_is_a_candidate(tmp_path):
    edit = Edit("r1c1", toy.REACH, "reach only")
    said = [*(PairVote("r1c1", "r1c2", s, "left") for s in range(3)), edit, Edit("r9c9", "x = 1\n")]

    def both(event):
        return isinstance(event, Trained) and event.candidate == "r1c2"

    run = start(config(human="async"), tmp_path, saying(tmp_path, *said, when=both))
    mine = run.candidates["r2c3"]
    assert (mine.draft.author, mine.draft.parent, mine.program) == ("anna", "r1c1", toy.REACH)
    assert mine.draft.note == "reach only"
    assert mine.check is not None
    assert mine.success is not None
    assert {run.candidates[name].draft.parent for name in ("r2c1", "r2c2")} == {"r1c1"}
    assert list(run.candidates) == ["r1c1", "r1c2", "r2c1", "r2c2", "r2c3"]


@pytest.mark.long
def test_a_run_waits_until_people_are_done_and_then_goes_on(tmp_path):
    seen = []
    watch = saying(tmp_path, Comment("good"), DONE, when=lambda e: isinstance(e, Waiting), times=2, also=seen.append)
    run = start(config(human="wait"), tmp_path, watch)
    waits = [event for event in seen if isinstance(event, Waiting)]
    assert [event.round for event in waits] == [1, 2]
    assert f"text2reward rate {run.folder}" in "\n".join(waits[0].lines)
    assert [len(event.quotes) for event in run.events(Heard)] == [1, 1]
    assert json.loads((run.folder / "config.json").read_text())["human"] == "wait"
    assert "--human wait" in run.started.command


def test_a_run_interrupted_while_it_waits_waits_again(tmp_path):
    def stop(event):
        if _waits(event):
            raise KeyboardInterrupt

    with pytest.raises(RunInterrupted) as interrupt:
        start(config(human="wait", rounds=1, candidates=1), tmp_path, stop)
    assert not interrupt.value.run.rounds
    seen = []
    again = resume(interrupt.value.run.folder, saying(tmp_path, DONE, when=_waits, also=seen.append))
    assert [event.round for event in seen if _waits(event)] == [1]
    assert [event.round for event in again.events(Heard)] == [1]
    assert again.finished


@pytest.mark.long
def test_a_run_interrupted_while_it_waits_comes_to_the_same(tmp_path):
    whole = start(config(human="wait"), tmp_path / "whole", saying(tmp_path / "whole", DONE, when=_waits, times=2))

    def stop(event):
        if _waits(event):
            raise KeyboardInterrupt

    with pytest.raises(RunInterrupted) as interrupt:
        start(config(human="wait"), tmp_path / "cut", stop)
    folder = interrupt.value.run.folder
    assert not interrupt.value.run.rounds
    again = resume(folder, saying(tmp_path / "cut", DONE, when=_waits, times=2))
    assert signature(again) == signature(whole)
    assert again.finished.reason == whole.finished.reason


@pytest.mark.long
def test_what_was_heard_is_used_again_after_an_interruption_whatever_was_said_since(tmp_path):
    votes = [PairVote("r1c1", "r1c2", s, "left") for s in range(3)]

    def cut(event):
        if isinstance(event, Heard):
            raise KeyboardInterrupt

    def both(event):
        return isinstance(event, Trained) and event.candidate == "r1c2"

    whole = start(config(human="async"), tmp_path / "whole", saying(tmp_path / "whole", *votes, when=both))
    with pytest.raises(RunInterrupted) as interrupt:
        start(config(human="async"), tmp_path / "cut", saying(tmp_path / "cut", *votes, when=both, also=cut))
    folder = interrupt.value.run.folder
    for seed in range(9):
        append(folder, PairVote("r1c2", "r1c1", seed, "left"), "ben")
    again = resume(folder)
    first, second = again.events(Heard)
    assert signature(again) == signature(whole)
    assert [each.candidate for each in first.strengths] == ["r1c1", "r1c2"]
    assert [each.candidate for each in second.strengths] == ["r1c2", "r1c1"]  # what came later counts for the next


@pytest.mark.long
def test_a_broken_line_stops_the_run_and_nothing_is_lost(tmp_path):
    def spoil(event):
        if isinstance(event, Trained):
            (list_runs(tmp_path)[-1] / FEEDBACK).write_text("{}\n")

    with pytest.raises(UserError, match=r"Line 1 of .* is broken"):
        start(config(human="async", rounds=1), tmp_path, spoil)
    (folder,) = list_runs(tmp_path)
    (folder / FEEDBACK).unlink()
    assert resume(folder).finished


def test_human_is_one_of_three(tmp_path):
    with pytest.raises(UserError, match="'human' is wrong"):
        text2reward.run(env="toy:TASK", human="maybe", runs_dir=tmp_path)


def _waits(event) -> bool:
    return isinstance(event, Waiting)
