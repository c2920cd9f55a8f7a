"""A run that asks a model that sees at every round's end: the coder is told, and nothing is asked twice."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from protocol_server import answer, error, motion, seer, serving
from searches import programs as programs_of
from searches import questions
from test_people_loop import FENCED, QUICK

from text2reward.agent import patience
from text2reward.agent.config import config_for
from text2reward.agent.rating_films import film_of, rating_films
from text2reward.agent.run import RunInterrupted, resume, start
from text2reward.agent.seeing.frames import frames
from text2reward.cli import main
from text2reward.errors import UserError
from text2reward.record.events import Asked, Heard, Opined, RoundFinished, Trained
from text2reward.record.feedback import PairVote, append, read
from text2reward.record.opinion import SAME, Opinion
from text2reward.record.reader import Run, list_runs, load
from text2reward.web.report import render

SEES = "openai/sees"


@pytest.fixture(autouse=True)
def model(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-key")
    monkeypatch.setattr(patience, "FIRST_WAIT_S", 0.01)


def expected(run: Run, opinion: Opinion) -> str:
    """Which of the two films on the disk has more motion."""
    moves = {}
    for name in (opinion.one, opinion.other):
        seen = frames(film_of(run.candidates[name], opinion.seed))
        moves[name] = motion(np.stack([np.asarray(Image.open(io.BytesIO(each))) for each in seen]).astype(float))
    one, other = moves.values()
    return SAME if abs(one - other) < 1 else max(moves, key=moves.get)


def test_it_is_asked_at_a_rounds_end_and_replayed_without_it(tmp_path, monkeypatch):
    with serving(seer(motion)) as server:
        settings = {**QUICK, "rounds": 1, "vision": SEES, "vision_url": server.url}
        run = start(config_for(None, settings), tmp_path)
    (event,) = run.events(Opined)
    (opinion,) = event.opinions
    assert (event.round, event.model, event.problem) == (1, SEES, "")
    assert opinion.verdict == expected(run, opinion)
    assert len(server.requests) == 2
    assert len(list(run.folder.glob("candidates/*/s0/rating/*.mp4"))) == 2
    assert f"A model's opinion ({SEES})" in render(run)
    assert f"--vision {SEES} --vision-url {server.url}" in run.started.command
    monkeypatch.delenv("OPENAI_API_KEY")
    again = start(config_for(None, {**settings, "replay": str(run.folder)}), tmp_path / "again")
    assert list(again.events(Opined)) == [event]  # the same films, drawn anew, are the same question
    assert all(asked.replayed and asked.cost_usd == 0 for asked in again.events(Asked))
    assert len(server.requests) == 2


@pytest.mark.long
def test_it_is_asked_at_a_rounds_end_once_and_the_coder_is_told(tmp_path):
    programs = iter(FENCED.replace("5 *", f"{k} *") for k in range(2, 100))
    asked = []

    def cut(event):
        asked.extend([event] if isinstance(event, Asked) and event.model == SEES else [])
        if len(asked) == 1 and asked[0] is event:
            raise KeyboardInterrupt

    with (
        serving(lambda body, number: answer(next(programs))) as coder,
        serving(seer(motion)) as server,
    ):
        settings = {**QUICK, "model": "openai/x", "base_url": coder.url, "vision": SEES, "vision_url": server.url}
        with pytest.raises(RunInterrupted) as interrupt:
            start(config_for(None, settings), tmp_path, cut)
        assert not list(interrupt.value.run.events(Opined))
        run = resume(interrupt.value.run.folder)
        assert resume(run.folder).finished
    events = list(run.events(Opined))
    assert [(event.round, event.model, event.problem) for event in events] == [(1, SEES, ""), (2, SEES, "")]
    found = [opinion for event in events for opinion in event.opinions]
    assert [len(event.opinions) for event in events] == [1, 5]  # two policies, then four
    assert [each.verdict for each in found] == [expected(run, each) for each in found]
    keys = [event.key for event in run.events(Asked) if event.model == SEES]
    assert len(keys) == len(set(keys)) == 2 * len(found)
    assert len({str(body) for body in server.requests}) == len(found) * 2
    assert len(server.requests) <= len(keys) + 1  # the other order may have been under way when the run was cut
    told = [text for text in (body["messages"][-1]["content"] for body in coder.requests) if "model's opinion" in text]
    assert len(told) == 2
    assert f"A model's opinion ({SEES})" in told[0]
    assert "Not calibrated: no votes of people." in told[0]
    assert f"A model's opinion ({SEES})" in render(run)
    assert not list(run.events(Heard))


@pytest.mark.long
def test_what_people_and_a_model_that_sees_said_is_replayed_together(tmp_path, monkeypatch):
    """Votes decide which pairs the model is shown, and both stand in the prompts of later rounds."""
    programs = iter(FENCED.replace("5 *", f"{k} *") for k in range(2, 100))

    def vote(event):
        if not isinstance(event, Trained | RoundFinished):
            return
        run = load(list_runs(tmp_path / "a")[0])
        if isinstance(event, Trained) and event.candidate == "r2c2" and event.reason != "heat":
            for seed in rating_films(run).seeds:
                append(run.folder, PairVote("r1c2", "r2c1", seed, "right"), "anna")
        if isinstance(event, RoundFinished) and event.round == 2:  # too late for this round's opinions
            append(run.folder, PairVote("r1c1", "r2c1", rating_films(run).seeds[2], "right"), "anna")

    settings = {**QUICK, "human": "async", "rounds": 3, "stages": {"training": {"halvings": 0}}}
    with (
        serving(lambda body, number: answer(next(programs))) as coder,
        serving(seer(motion)) as server,
    ):
        served = {"model": "openai/x", "base_url": coder.url, "vision": SEES, "vision_url": server.url}
        run = start(config_for(None, {**settings, **served}), tmp_path / "a", vote)
    monkeypatch.delenv("OPENAI_API_KEY")
    words = ["run", "--replay", str(run.folder), "--runs-dir", str(tmp_path / "b"), "--display", "none"]
    assert main(words) in (0, 1)
    again = load(list_runs(tmp_path / "b")[0])
    assert list(again.events(Heard)) == list(run.events(Heard))
    assert list(again.events(Opined)) == list(run.events(Opined))
    shown = [opinion.showing for event in run.events(Opined) if event.round == 2 for opinion in event.opinions]
    assert ("r1c2", "r2c1") in {showing[:2] for showing in shown[1::2]}  # after three of the first round
    assert questions(again) == questions(run)
    assert programs_of(again) == programs_of(run)
    heard = {line for event in run.events(Heard) for line in event.lines}
    assert {each.id for each in read(again.folder)} == heard


@pytest.mark.long
def test_on_meta_world_it_sees_what_happens(tmp_path):
    with serving(seer(motion)) as server:
        settings = {
            **QUICK,
            "env": "metaworld/window-close-v3",
            "steps": 8_192,
            "rounds": 1,
            "vision": SEES,
            "vision_url": server.url,
            "stages": {"training": {"halvings": 0}, "screening": {"duplicates": 0.0}},
        }
        settings.pop("ppo")
        run = start(config_for(None, settings), tmp_path)
        (event,) = run.events(Opined)
        assert [each.verdict for each in event.opinions] == [expected(run, each) for each in event.opinions]
        assert main(["opine", str(run.folder), "--base-url", server.url, "--pairs", "9"]) == 0
    found = [opinion for event in load(run.folder).events(Opined) for opinion in event.opinions]
    assert len({each.showing for each in found}) == len(found) == 3  # a pair on three episodes
    assert [each.verdict for each in found] == [expected(run, each) for each in found]
    assert any(each.preferred for each in found)
    assert len(server.requests) == 6


@pytest.mark.long
def test_a_model_that_does_not_see_costs_the_run_nothing_but_its_opinion(tmp_path):
    with serving(error(400, "sees is not a multimodal model")) as server:
        settings = {**QUICK, "rounds": 1, "vision": SEES, "vision_url": server.url}
        run = start(config_for(None, settings), tmp_path)
    (event,) = run.events(Opined)
    assert event.opinions == ()
    assert "refused openai/sees with 400" in event.problem
    assert run.finished
    assert "It was sent pictures, which not every model takes" in render(run)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"vision": "composer"}, "Unknown model that sees 'composer'"),
        ({"vision_url": "http://localhost:1/v1"}, "--vision-url is given without --vision"),
        ({"vision": "openai/x", "vision_url": "x"}, "'x' is no address. Set the key, or name a server: --vision-url"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_spent(tmp_path, changes, said):
    with pytest.raises(UserError) as raised:
        start(config_for(None, {**QUICK, **changes}), tmp_path)
    assert said in str(raised.value)
    assert list_runs(tmp_path) == []
