"""People in the loop on Meta-World itself: a run waits, is rated by films at a terminal, and goes on."""

from __future__ import annotations

import io

import pytest

import text2reward
from text2reward.agent.config import config_for
from text2reward.agent.notices import Waiting
from text2reward.agent.run import start
from text2reward.record.events import Heard
from text2reward.record.feedback import DONE, Comment, Edit, append, read
from text2reward.record.reader import load
from text2reward.terminal import rating
from text2reward.web.report import render


@pytest.mark.long
def test_a_run_is_rated_by_its_films_and_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)

    def watch(event):
        if isinstance(event, Waiting) and not event.raters and (event.round == 1 or event.films == "made"):
            if event.round == 1:
                program = load(event.folder).candidates["r1c1"].program
                append(event.folder, Edit("r1c1", program + "\n# as anna has it\n"), "anna")
                rating.rate(str(event.folder), event.folder.parent, "anna", io.StringIO("1 it shakes\n2\n\nquit\n"))
            append(event.folder, Comment("", tags=(DONE,)), "anna")

    config = config_for(
        None,
        {
            "env": "metaworld/window-close-v3",
            "human": "wait",
            "steps": 8_192,
            "candidates": 2,
            "rounds": 2,
            "held_out": 4,
            "target": 1.0,
            "stages": {"training": {"halvings": 0}, "screening": {"duplicates": 0.0}},
        },
    )
    run = start(config, tmp_path, watch)
    first, second = run.events(Heard)
    assert [rater.votes for rater in first.raters] == [2]
    assert len(first.strengths) == 2
    assert [quote.text for quote in first.quotes] == ["it shakes"]
    assert len(first.labels) == 2
    for name in ("r2c1", "r2c2", "r2c3"):
        pairs = run.candidates[name].screen.people
        assert pairs.n + pairs.against_success == 2
        assert pairs.missing == 0
    assert run.waited_s > 0
    assert run.candidates["r2c3"].draft.author == "anna"
    assert run.candidates["r2c3"].success is not None
    assert {run.candidates[name].draft.parent for name in ("r2c1", "r2c2")} == {first.strengths[0].candidate}
    assert second.strengths == first.strengths
    assert len(list(run.folder.glob("candidates/*/s0/rating/*.mp4"))) >= 6
    assert "it shakes" in render(run)
    assert len(read(run.folder)) == 5
    assert text2reward.load(run.folder).best is not None
