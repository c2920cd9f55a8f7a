"""Records and files that are torn, damaged, old or new: recovered, or refused with what to do."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta

import pytest
import toy
from records import finished_run

from text2reward.agent.config import config_for
from text2reward.agent.finale import held_out_episodes
from text2reward.agent.journal import Journal
from text2reward.agent.run import RunInterrupted, resume, start
from text2reward.errors import RecordError, RunStopped
from text2reward.record.entry import Entry
from text2reward.record.events import AwaitsPeople, Drafted, Heard, HeldOut, Interrupted, Resumed, RunStarted
from text2reward.record.reader import load
from text2reward.record.writer import EVENTS, RecordWriter
from text2reward.training.checkpoint import Checkpoint
from text2reward.training.reward_source import NativeReward
from text2reward.training.settings import PPOSettings, TrainSettings
from text2reward.training.trainer import Trainer
from text2reward.training.workers import Workers

PPO = PPOSettings(n_envs=8, n_steps=32, batch_size=64, n_epochs=2, learning_rate=3e-3)
SETTINGS = TrainSettings(sim_steps=1_536, ppo=PPO, select_episodes=10, stop_at_target=False, checkpoint_share=1 / 3)

QUICK = {
    "env": "toy:TASK",
    "steps": 1_024,
    "held_out": 5,
    "candidates": 1,
    "rounds": 1,
    "jobs": 1,
    "ppo": {"n_envs": 8, "n_steps": 32, "batch_size": 64, "n_epochs": 2, "learning_rate": 3e-3},
}


@pytest.fixture
def run(tmp_path):
    return finished_run(tmp_path / "runs", episodes=False)


def test_a_record_that_is_cut_at_any_byte_holds_what_was_whole_before(run):
    path = run.folder / EVENTS
    data = path.read_bytes()
    ends = [i + 1 for i, byte in enumerate(data) if byte == ord("\n")]
    for cut in range(len(data) + 1):
        path.write_bytes(data[:cut])
        whole = sum(end <= cut for end in ends)
        assert load(run.folder).entries == run.entries[:whole]


def test_a_record_that_is_cut_goes_on_where_it_was_whole(run):
    path = run.folder / EVENTS
    data = path.read_bytes()
    for cut in range(1, len(data), 97):
        path.write_bytes(data[:cut])
        before = load(run.folder).entries
        writer = RecordWriter(run.folder)
        writer.append(Interrupted("again"))
        writer.close()
        assert load(run.folder).entries[:-1] == before
        assert load(run.folder).entries[-1].event == Interrupted("again")


def test_what_a_power_cut_leaves_behind_the_last_line_is_work_still_owed(run):
    path = run.folder / EVENTS
    path.write_bytes(path.read_bytes() + b"\0" * 4096)
    assert load(run.folder).entries == run.entries
    RecordWriter(run.folder).close()
    assert path.read_bytes().endswith(b"}\n")


def test_a_byte_that_is_no_text_is_refused_and_not_guessed(run):
    path = run.folder / EVENTS
    path.write_bytes(path.read_bytes().replace(b"a note", b"a \xff\xfe te"))
    with pytest.raises(RecordError, match=r"Line 2 of .* is broken\. Restore it from a copy"):
        load(run.folder)


def altered(run, number: int, **changes) -> None:
    """Change a line of the record; None takes a key away."""
    path = run.folder / EVENTS
    lines = path.read_text().splitlines()
    data = {**json.loads(lines[number]), **changes}
    lines[number] = json.dumps({key: value for key, value in data.items() if value is not None})
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schema": 2}, "schema 2; this version reads up to 1. Update text2reward"),
        ({"schema": 0}, "schema 0, which there never was. Restore"),
        ({"schema": -1}, "schema -1, which there never was. Restore"),
        ({"schema": True}, "schema True, which there never was. Restore"),
        ({"schema": None}, "no event. Restore"),
        ({"event": "dreamt"}, "unknown event 'dreamt'. Update text2reward"),
        ({"event": None}, "unknown event None"),
        ({"data": None}, "broken drafted event. Restore"),
        ({"data": {"candidate": "r1c1"}}, "broken drafted event. Restore"),
        ({"data": []}, "broken drafted event. Restore"),
        ({"time": None}, "broken drafted event. Restore"),
        ({"time": "yesterday"}, "broken drafted event. Restore"),
        ({"session_s": "long"}, "broken drafted event. Restore"),
    ],
)
def test_a_line_of_another_version_or_of_none_is_refused_with_what_to_do(run, changes, said):
    altered(run, 1, **changes)
    with pytest.raises(RecordError) as refused:
        load(run.folder)
    assert said in str(refused.value)


LOST = {
    "a program": (Drafted, "candidates/r1c1/reward.py"),
    "the judged episodes": (HeldOut, "candidates/r1c1/s0/held_out.json"),
}


@pytest.mark.parametrize(("kind", "name"), LOST.values(), ids=LOST)
def test_a_file_that_a_run_needs_to_go_on_is_named_where_it_is_damaged_or_gone(tmp_path, monkeypatch, kind, name):
    def stop(event):
        if isinstance(event, kind):
            raise KeyboardInterrupt

    monkeypatch.setattr(Workers, "film", lambda *_: [True])
    with pytest.raises(RunInterrupted) as interrupt:
        start(config_for(None, QUICK), tmp_path, stop)
    folder = interrupt.value.run.folder
    whole = (folder / name).read_bytes()
    for data in (b"\xff", None):
        (folder / name).unlink(missing_ok=True)
        if data is not None:
            (folder / name).write_bytes(data)
        with pytest.raises(RunStopped, match=r"Cannot read .* Restore it from a copy\. Then go on with") as stopped:
            resume(folder)
        assert str(folder / name) in str(stopped.value)
        assert "[Errno" not in str(stopped.value)
    (folder / name).write_bytes(whole)
    assert resume(folder).finished is not None


@pytest.mark.parametrize("data", ["[]", "null", "{}", '[{"seed": 1}]', "[1]", "[" * 100_000, '[{"se'])
def test_judged_episodes_that_are_none_are_told_in_a_line(run, data):
    (run.folder / "candidates/r1c1/s0/held_out.json").write_text(data)
    with pytest.raises(RecordError, match=r"Cannot read .*held_out\.json: .*\. Restore it from a copy"):
        held_out_episodes(run.candidate("r1c1"))


def test_a_record_from_before_sessions_were_timed_reads_as_it_did(run):
    for number in range(len(run.entries)):
        altered(run, number, session_s=None)
    old = load(run.folder)
    assert [entry.event for entry in old.entries] == [entry.event for entry in run.entries]
    assert {entry.session_s for entry in old.entries} == {None}


def jumping(*steps: tuple[float, float, object]) -> tuple[Entry, ...]:
    """Entries of which each says where the machine's clock stands, and where the one that nobody sets does."""
    began = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    return tuple(Entry(event, (began + timedelta(seconds=at)).isoformat(), since) for at, since, event in steps)


@pytest.mark.parametrize("jump_s", [86_400.0, -86_400.0], ids=["forward", "back"])
def test_a_clock_that_jumps_by_a_day_changes_neither_the_hours_nor_the_waiting(tmp_path, jump_s):
    writer = RecordWriter.create(tmp_path, "x", {}, {})
    started = RunStarted("x", "toy/reach", "Move.", "m")
    entries = jumping(
        (0, 0.0, started),
        (10, 10.0, AwaitsPeople("round 1")),
        (jump_s + 15, 15.0, Heard(1)),
        (20, 20.0, Interrupted("stopped")),
        (500, 0.0, Resumed("0.1")),
        (jump_s + 503, 3.0, Interrupted("stopped")),
    )
    (writer.folder / EVENTS).write_text("".join(f"{entry.to_line()}\n" for entry in entries))
    journal = Journal(writer, lambda event: None)
    assert journal.run.waited_s == pytest.approx(5)
    assert journal.wall_s() == pytest.approx(20 + 3 - 5)
    assert journal.run_s() == pytest.approx(20 + 3 - 5, abs=1)
    writer.close()


def trainer(folder) -> Trainer:
    return Trainer(toy.TASK, NativeReward(), SETTINGS, 0, (1, 1, 0), folder)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A training as it was killed after its second checkpoint, and what it would have come to."""
    folder = tmp_path_factory.mktemp("stopped")

    def stop(point):
        if point.sim_steps > 1_024:
            raise KeyboardInterrupt

    cut = Trainer(toy.TASK, NativeReward(), SETTINGS, 0, (1, 1, 0), folder / "cut", stop)
    with pytest.raises(KeyboardInterrupt):
        cut.run()
    return folder / "cut", trainer(folder / "whole").run()


@pytest.mark.parametrize("damage", ["emptied", "cut by a byte", "cut in half", "a bit in its middle", "another file"])
def test_a_damaged_checkpoint_is_put_aside_and_the_training_begins_anew(tmp_path, stopped, damage, caplog):
    cut, whole = stopped
    shutil.copytree(cut, tmp_path / "s0")
    path = tmp_path / "s0" / "checkpoint.pt"
    data = path.read_bytes()
    flipped = bytearray(data)
    flipped[data.find(b"learner") + len(data) // 2] ^= 1
    after = {
        "emptied": b"",
        "cut by a byte": data[:-1],
        "cut in half": data[: len(data) // 2],
        "a bit in its middle": bytes(flipped),
        "another file": b"PK\x05\x06" + b"\0" * 18,
    }
    path.write_bytes(after[damage])
    assert Checkpoint(path.with_suffix("")).exists()
    assert trainer(tmp_path / "s0").run() == whole
    assert "is damaged" in caplog.text
    assert "begins anew" in caplog.text


def test_a_whole_checkpoint_is_gone_on_from(tmp_path, stopped, caplog):
    cut, whole = stopped
    shutil.copytree(cut, tmp_path / "s0")
    assert Checkpoint(tmp_path / "s0" / "checkpoint").read()[1].rollouts == 4
    assert trainer(tmp_path / "s0").run() == whole
    assert caplog.text == ""
