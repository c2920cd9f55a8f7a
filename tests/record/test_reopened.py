from __future__ import annotations

from text2reward.record.events import Drafted, Filmed, HeldOut, Resumed, RunFinished, RunStarted, Success, Video
from text2reward.record.reader import load
from text2reward.record.verdict import verdict
from text2reward.record.writer import RecordWriter

JUDGED = HeldOut("r1c1", Success(5, 10, 0.2, 0.8, 5))
FILMED = Filmed("r1c1", (Video("candidates/r1c1/s0/video/best.mp4", "best", True),))


def test_a_run_that_a_budget_ended_is_open_again_once_it_is_resumed(tmp_path):
    writer = RecordWriter.create(tmp_path, "x", {"target": 0.9}, {})

    def after(*events):
        for event in events:
            writer.append(event)
        return load(writer.folder)

    ended = after(
        RunStarted("x", "toy/reach", "Move.", "m"),
        Drafted("r1c1", 1, None, "m", None),
        JUDGED,
        FILMED,
        RunFinished("budget", "r1c1", 60.0, "--max-hours 1 are over."),
    )
    assert (ended.finished.budget, ended.held_out, ended.status) == ("--max-hours 1 are over.", JUDGED, "not solved")
    assert ended.films_since_judged == FILMED.videos

    resumed = after(Resumed("0.1.0", "tier A", {"max_hours": 2.0}))
    assert (resumed.finished, resumed.held_out, resumed.films_since_judged) == (None, None, ())
    assert resumed.status == "unfinished"
    assert verdict(resumed).mood == "open"

    better = HeldOut("r1c1", Success(10, 10, 0.7, 1.0, 9))
    judged = after(better)
    assert (judged.held_out, judged.films_since_judged) == (better, ())  # the old films show another judgement
    over = after(FILMED, RunFinished("target", "r1c1", 90.0))
    assert (over.finished.reason, over.films_since_judged, over.status) == ("target", FILMED.videos, "solved")
    assert over.candidates["r1c1"].videos == FILMED.videos  # each file once
    writer.close()
