from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from text2reward.cli import main
from text2reward.errors import RecordError
from text2reward.record.curves import CurvePoint, from_csv, to_csv
from text2reward.record.entry import Entry
from text2reward.record.events import (
    Asked,
    AwaitsPeople,
    Checked,
    Diagnosed,
    Drafted,
    Filmed,
    Heard,
    HeldOut,
    Interrupted,
    Resumed,
    RoundFinished,
    RunFinished,
    RunStarted,
    Screened,
    Success,
    Trained,
    Video,
)
from text2reward.record.finding import Finding
from text2reward.record.reader import Run, find_run, list_runs, load
from text2reward.record.verdict import verdict
from text2reward.record.writer import EVENTS, RecordWriter
from text2reward.training.statistics import Rate

FINDING = Finding("raised", "went wrong", 3)


def success(k: int, n: int = 30) -> Success:
    return Success(k, n, 0.1, 0.9, k)


def trained(candidate: str, k: int | None, steps: int = 100) -> Trained:
    select = None if k is None else success(k)
    return Trained(
        candidate, f"{candidate}/s0", f"candidates/{candidate}/s0", "steps", "last", steps, steps, select, k or 0, 1.0
    )


EVERY_EVENT = [
    RunStarted("run", "toy/reach", "Reach.", "composer", "text2reward run"),
    Drafted("r1c1", 1, None, "composer", "candidates/r1c1/reward.py", (FINDING,), "note", "key", "program"),
    Checked("r1c1", (Finding("constant-term", "x", None, "warning"),)),
    Screened("r1c1", "pass", 3, 4, 1.0, 0.9, 0.8, 1.0, "r1c0", 0.5),
    Asked("key", "r1c1", "openai/x", 10, None, None, 1.5),
    trained("r1c1", 20),
    Diagnosed("r1c1", (Finding("hovering", "x", None, "warning"),), ("a table",), ("a cause",)),
    AwaitsPeople("round 1"),
    RoundFinished(1, "r1c1"),
    HeldOut("r1c1", success(90, 100)),
    Filmed("r1c1", (Video("a.mp4", "best", True),), ""),
    Interrupted("stopped"),
    Resumed("0.1"),
    RunFinished("target", "r1c1", 12.5),
]


@pytest.fixture
def writer(tmp_path):
    opened = RecordWriter.create(tmp_path / "runs", "Window Close!", {"target": 0.9}, {"python": "3"})
    yield opened
    opened.close()


def fill(writer: RecordWriter, *events) -> None:
    for event in events:
        writer.append(event)


@pytest.mark.parametrize("event", EVERY_EVENT, ids=lambda event: event.kind)
def test_every_event_survives_the_way_to_disk_and_back(event):
    assert Entry.from_line(Entry(event).to_line()).event == event


def test_a_run_is_read_as_it_was_written(writer):
    fill(writer, *EVERY_EVENT)
    run = load(writer.folder)
    assert [entry.event for entry in run.entries] == EVERY_EVENT
    assert writer.folder.name.split("-", 3)[3].startswith("window-close-")
    assert run.config == {"target": 0.9}
    assert run.best.id == "r1c1"
    assert [finding.name for finding in run.best.findings] == [FINDING.name, "constant-term", "hovering"]
    assert run.tokens == (10, 0)
    assert run.cost_usd is None
    assert run.status == "solved"


def test_the_best_solves_most_and_then_takes_fewest_steps(writer):
    fill(writer, *(Drafted(f"r1c{i}", 1, None, "x", None) for i in range(1, 6)))
    fill(writer, trained("r1c1", 29, 10), trained("r1c2", 30, 900), trained("r1c3", 30, 500), trained("r1c4", None))
    assert load(writer.folder).best.id == "r1c3"


def test_what_was_trained_as_an_audit_cannot_win(writer):
    fill(writer, *(Drafted(f"r1c{i}", 1, None, "x", None) for i in range(1, 3)))
    fill(writer, Screened("r1c2", "fail", 5, 5, trained_anyway="audit"), trained("r1c1", 3), trained("r1c2", 30))
    assert load(writer.folder).best.id == "r1c1"


def test_a_method_may_take_the_latest(tmp_path):
    config = {"target": 0.9, "stages": {"selection": {"by": "latest"}}}
    writer = RecordWriter.create(tmp_path / "runs", "x", config, {})
    fill(writer, *(Drafted(f"r{i}c1", i, None, "x", None) for i in range(1, 4)))
    fill(writer, trained("r1c1", 30), trained("r2c1", 10), trained("r3c1", None))
    assert load(writer.folder).best.id == "r2c1"
    writer.close()


@pytest.mark.parametrize(
    ("k", "said"),
    [
        (100, "Solved: the policy of r1c1 succeeds in 100% [96%–100%] of 100 held-out episodes (target 90%)."),
        (93, "(target 90%; the interval reaches below it)."),
        (88, "(target 90%, which the interval does not rule out)."),
        (50, "Not solved: the policy of r1c1 succeeds in 50% [40%–60%] of 100 held-out episodes (target 90%)."),
    ],
)
def test_the_verdict_says_how_sure_it_is(writer, k, said):
    fill(writer, *EVERY_EVENT[:6], HeldOut("r1c1", Success(k, 100, Rate(k, 100).low, Rate(k, 100).high, k)))
    assert verdict(load(writer.folder)).text.endswith(said)


def test_a_training_that_was_cut_short_is_not_finished(writer):
    fill(writer, EVERY_EVENT[0], Drafted("r1c1", 1, None, "x", None), Drafted("r1c2", 1, None, "x", None))
    curves = writer.folder / "candidates" / "r1c1" / "s0" / "curves.csv"
    curves.parent.mkdir(parents=True)
    curves.write_text(to_csv([CurvePoint(10, 0, None, None, {"a": 0.5}, {"a": 0.1})]))
    run = load(writer.folder)
    assert [run.candidate(name).failure for name in ("r1c1", "r1c2")] == ["not finished", "not trained"]


def test_what_comes_after_the_end_is_refused(writer):
    writer.close()
    with pytest.raises(RecordError, match=r"was let go of\. Resume the run"):
        writer.append(EVERY_EVENT[0])
    assert (writer.folder / EVENTS).read_bytes() == b""


def test_without_a_model_the_cost_is_zero(writer):
    assert load(writer.folder).cost_usd == 0


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_a_torn_last_line_is_work_still_owed(writer, cut):
    fill(writer, *EVERY_EVENT[:3])
    writer.close()
    path = writer.folder / EVENTS
    path.write_bytes(path.read_bytes()[:-cut])
    assert [e.event for e in load(writer.folder).entries] == EVERY_EVENT[:2]
    again = RecordWriter(writer.folder)
    again.append(EVERY_EVENT[2])
    again.close()
    assert [e.event for e in load(writer.folder).entries] == EVERY_EVENT[:3]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"schema": 99, "event": "resumed", "data": {}}, "Update text2reward"),
        ({"schema": 1, "event": "exploded", "data": {}}, "unknown event 'exploded'"),
        ({"schema": 1, "event": "resumed", "data": {}}, "broken resumed event"),
        ({"event": "resumed"}, "no event"),
        ([], "no event"),
        ("not json", "Line 1 of .* is broken"),
    ],
)
def test_a_record_that_cannot_be_trusted_is_refused(writer, line, said):
    text = line if isinstance(line, str) else json.dumps(line)
    (writer.folder / EVENTS).write_text(text + "\n")
    with pytest.raises(RecordError, match=said):
        load(writer.folder)


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from text2reward.errors import RecordError
from text2reward.record.events import Interrupted
from text2reward.record.reader import load
from text2reward.record.writer import RecordWriter

writer = RecordWriter(Path(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
size = (writer.folder / "events.jsonl").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, resource.RLIM_INFINITY))
try:
    writer.append(Interrupted("no room"))
except RecordError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
writer.append(Interrupted("room again"))
print([event.why for event in load(writer.folder).events(Interrupted)])
"""


def test_a_full_disk_leaves_a_whole_record(writer):
    writer.append(EVERY_EVENT[0])
    writer.close()
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(writer.folder)], capture_output=True, text=True, check=True
    )
    assert "No space left in" in done.stdout
    assert "['room again']" in done.stdout


def test_a_damaged_run_is_an_error_of_its_own(writer, tmp_path):
    fill(writer, *EVERY_EVENT)
    (writer.folder / "config.json").unlink()
    run = load(writer.folder)
    assert list_runs(tmp_path / "runs") == [writer.folder]
    with pytest.raises(RecordError, match="Cannot read"):
        verdict(run)
    with pytest.raises(RecordError, match=r"reward\.py"):
        assert run.candidate("r1c1").program


def test_two_processes_cannot_write_the_same_run(writer):
    with pytest.raises(RecordError, match="Another process"):
        RecordWriter(writer.folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(RecordError, match="--runs-dir"):
        RecordWriter.create(tmp_path / "runs", "x", {}, {})


def test_a_runs_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "runs").write_text("in the way")
    with pytest.raises(RecordError, match="--runs-dir"):
        RecordWriter.create(tmp_path / "runs", "x", {}, {})


def test_runs_are_found_by_name_part_and_latest(tmp_path):
    made = []
    for slug in ("first", "second"):
        writer = RecordWriter.create(tmp_path, slug, {}, {})
        writer.append(EVERY_EVENT[0])
        writer.close()
        made.append(writer.folder)
    os.utime(made[0] / "config.json", (1, 1))
    assert list_runs(tmp_path) == made
    assert find_run("latest", tmp_path) == made[1]
    assert find_run(made[0].name, tmp_path) == made[0]
    assert find_run(made[0].name[-4:], tmp_path) == made[0]
    assert find_run("firs", tmp_path) == made[0]
    assert find_run(str(made[0]), tmp_path) == made[0]
    with pytest.raises(RecordError, match="names 2 runs"):
        find_run("20", tmp_path)
    with pytest.raises(RecordError, match="no run 'third'"):
        find_run("third", tmp_path)


@pytest.fixture
def closed(monkeypatch):
    """Folders and files that belong to somebody else; root, as whom tests may run, could read everything."""
    kept: list[Path] = []

    def refusing(call, below):
        def asked(path, *arguments, **named):
            shut = [each for each in kept if each in Path(path).parents or (each == Path(path) and not below)]
            if shut:
                raise PermissionError(13, "Permission denied", str(path))
            return call(path, *arguments, **named)

        return asked

    monkeypatch.setattr(Path, "stat", refusing(Path.stat, below=True))
    monkeypatch.setattr(Path, "read_bytes", refusing(Path.read_bytes, below=False))
    monkeypatch.setattr(Path, "iterdir", refusing(Path.iterdir, below=False))
    usual = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: usual(path, mode) and not {Path(path), *Path(path).parents} & {*kept}
    )
    return kept


@pytest.mark.parametrize("shut", ["", EVENTS], ids=["the folder", "the record"])
def test_a_run_of_somebody_else_does_not_hide_ones_own(tmp_path, capsys, closed, shut):
    made = []
    for slug in ("mine", "theirs"):
        writer = RecordWriter.create(tmp_path, slug, {"target": 0.9}, {})
        writer.append(EVERY_EVENT[0])
        writer.close()
        made.append(writer.folder)
    os.utime(made[0] / "config.json", (1, 1))
    closed.append(made[1] / shut)
    assert list_runs(tmp_path) == made[::-1]
    assert find_run("latest", tmp_path) == made[0]
    with pytest.raises(RecordError, match=r"Cannot read .*events\.jsonl: Permission denied"):
        load(made[1])
    assert main(["ls", "--runs-dir", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert f"{made[0].name} toy/reach" in " ".join(told.split())
    assert "Permission denied" in told
    assert main(["show", "latest", "--runs-dir", str(tmp_path)]) == 0
    asked = ["run", "--env", "toy:TASK", "--dry-run", "--runs-dir", str(tmp_path)]
    assert main([*asked, "--method", "text2reward-few-shot"]) == 0


@pytest.mark.parametrize("words", [["ls"], ["show", "latest"], ["run", "--env", "toy:TASK", "--dry-run"]], ids=" ".join)
def test_a_runs_folder_that_cannot_be_looked_into_is_said_in_a_line(tmp_path, capsys, closed, words):
    closed.append(tmp_path)
    assert main([*words, "--runs-dir", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert f"Cannot look into {tmp_path}: Permission denied. Choose another place with --runs-dir." in told
    assert told.count("\n") == 1


def test_curves_survive_the_way_to_disk_and_back():
    points = [
        CurvePoint(10, 0, None, None, {"a": 0.5, "b": -1.0}, {"a": 0.1, "b": 0.0}),
        CurvePoint(20, 4, 0.25, 3.5, {"a": 0.75, "b": -2.0}, {"a": 0.1, "b": 0.0}),
    ]
    assert from_csv(to_csv(points)) == points
    assert from_csv(to_csv([])) == []


def test_waiting_for_people_is_counted_apart_from_work(writer):
    at = iter(f"2026-01-01T00:{minute:02}:00+00:00" for minute in range(60))
    events = (
        *(RunStarted("run", "t", "x", "y"), AwaitsPeople("round 1"), Filmed("r1c1", (), "none"), Heard(1)),  # 2 minutes
        *(AwaitsPeople("round 2"), Interrupted("stopped"), Resumed("0.1")),  # 1
        *(AwaitsPeople("round 2"), Filmed("r1c1"), Resumed("0.1")),  # 1: it was killed
        *(AwaitsPeople("round 2"), Heard(2), AwaitsPeople("r2c1"), HeldOut("r1c1", success(1))),  # 1 and 1
        *(AwaitsPeople("round 3"), Filmed("r1c1")),  # 1 so far
    )
    run = Run(writer.folder, tuple(Entry(event, next(at)) for event in events))
    assert run.waited_s == 7 * 60
    assert Run(writer.folder, run.entries[:1]).waited_s == 0
