"""A full disk ends a run in order, and what was done before counts; a slow one only takes longer."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import toy
from searches import figures, programs

from text2reward import cli
from text2reward.agent.config import config_for
from text2reward.agent.run import resume, start
from text2reward.errors import DiskFull, RecordError, RenderError, RunStopped
from text2reward.record import atomic, room
from text2reward.record.events import Heat, Interrupted, Trained
from text2reward.record.reader import load
from text2reward.training.workers import Workers

FULL = Path("/dev/full")  # a device on which there is never room
PPO = {"n_envs": 8, "n_steps": 32, "batch_size": 64, "n_epochs": 2, "learning_rate": 3e-3}
QUICK = {"env": "toy:TASK", "steps": 1_024, "held_out": 5, "candidates": 2, "rounds": 1, "jobs": 2, "ppo": PPO}

needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")


@pytest.fixture(scope="module", autouse=True)
def _no_films():
    def film(*arguments):
        raise RenderError("No films here.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Workers, "film", film)
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What every search here comes to."""
    return start(config_for(None, QUICK), tmp_path_factory.mktemp("whole"))


def no_space(path: str | None = None) -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)


@needs_full
def test_a_trainer_that_finds_no_room_stops_the_run_and_blames_nobody(tmp_path, whole):

    def fill(event):
        if isinstance(event, Heat):
            (folder,) = (tmp_path / "cut").iterdir()
            for name in event.candidates:
                (folder / f"candidates/{name}/s0").mkdir(parents=True)
                (folder / f"candidates/{name}/s0/checkpoint.part").symlink_to(FULL)

    with pytest.raises(
        RunStopped, match=r"No space left in .*/s0.* Make room there\. Then go on with: text2reward res"
    ):
        start(config_for(None, QUICK), tmp_path / "cut", fill)
    (folder,) = (tmp_path / "cut").iterdir()
    stopped = load(folder)
    assert stopped.status == "interrupted"
    assert not [*stopped.events(Trained)]
    for part in folder.rglob("*.part"):
        part.unlink()  # room is made
    run = resume(folder)
    assert programs(run) == programs(whole)
    assert figures(run) == figures(whole)


def test_a_record_that_finds_no_room_stops_the_run_and_goes_on_when_there_is_some(tmp_path, whole, monkeypatch):
    real, full = os.write, []

    def write(fd: int, data: bytes) -> int:
        if full and os.fstat(fd).st_ino == full[0]:
            raise no_space()
        return real(fd, data)

    def fill(event):
        if isinstance(event, Trained):
            (folder,) = (tmp_path / "cut").iterdir()
            full.append((folder / "events.jsonl").stat().st_ino)

    monkeypatch.setattr("text2reward.record.writer.os.write", write)
    with pytest.raises(RunStopped, match=r"No space left in .* Make room there\."):
        start(config_for(None, {**QUICK, "jobs": 1}), tmp_path / "cut", fill)
    (folder,) = (tmp_path / "cut").iterdir()
    stopped = load(folder)
    assert len([*stopped.events(Trained)]) == 1
    assert not [*stopped.events(Interrupted)]  # there was no room for it
    assert stopped.status == "unfinished"
    with pytest.raises(RecordError, match="No space left"):
        resume(folder)
    full.clear()
    run = resume(folder)
    assert programs(run) == programs(whole)
    assert figures(run) == figures(whole)


def test_a_command_that_finds_no_room_says_so_in_a_line(monkeypatch, capsys, tmp_path):
    def parsed(words):
        def command():
            raise no_space(str(tmp_path / "library" / "card.toml"))

        return command

    monkeypatch.setattr(cli, "_parse", parsed)
    assert cli.main(["library", "add", "latest"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"text2reward: No space left in {tmp_path}")
    assert said.count("\n") == 1


def test_other_errors_of_the_system_keep_their_traceback(monkeypatch, capsys):
    def parsed(words):
        def command():
            raise PermissionError(errno.EACCES, "Permission denied")

        return command

    monkeypatch.setattr(cli, "_parse", parsed)
    assert cli.main(["ls"]) == 1
    assert "in command" in capsys.readouterr().err


def test_a_full_disk_is_found_behind_what_a_library_made_of_it(tmp_path):
    try:
        try:
            raise no_space()
        except OSError:
            raise RuntimeError("unexpected pos 768 vs 726")  # noqa: B904 - as PyTorch does
    except RuntimeError as error:
        found = room.full_disk(error, tmp_path)
    assert found is not None
    assert found.message.startswith(f"No space left in {tmp_path} (")
    assert room.full_disk(RuntimeError("another"), tmp_path) is None
    assert room.full_disk(PermissionError(errno.EACCES, "no"), tmp_path) is None


def test_what_is_said_of_a_disk_depends_on_what_is_free(monkeypatch, tmp_path):
    free = 1000

    def disk(path):
        return room.shutil._ntuple_diskusage(10**12, 10**12 - free, free)

    monkeypatch.setattr(room.shutil, "disk_usage", disk)
    assert f"No space left in {tmp_path} (0.0 MB are free)." in str(room.no_room(tmp_path / "not" / "there"))
    with pytest.raises(DiskFull):
        room.check_room(tmp_path)
    free = 10**12
    assert f"No space left in {tmp_path} (a quota or a limit for files is reached)" in str(room.no_room(tmp_path))
    room.check_room(tmp_path)


def test_a_slow_disk_only_takes_longer(tmp_path, whole, monkeypatch):
    real, waited = os.fsync, []

    def fsync(fd: int) -> None:
        waited.append(fd)
        time.sleep(0.1)
        real(fd)

    monkeypatch.setattr(atomic.os, "fsync", fsync)
    run = start(config_for(None, QUICK), tmp_path / "slow")
    assert len(waited) > 10
    assert programs(run) == programs(whole)
    assert figures(run) == figures(whole)


@pytest.fixture
def small_disk(tmp_path):
    """Makes a disk of so many kilobytes, and makes it larger; skips where nobody may."""
    place = tmp_path / "small"
    place.mkdir()

    def size(kilobytes: int, *, again: bool = False) -> Path:
        how = f"{'remount,' if again else ''}size={kilobytes}k"
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", how, "tmpfs", place], capture_output=True, check=False)
        if done.returncode:
            pytest.skip("only root may make a disk")
        return place

    yield size
    subprocess.run(["umount", "-l", place], capture_output=True, check=False)


def search(*words: str, where: Path) -> subprocess.CompletedProcess:
    modules = os.pathsep.join(filter(None, [str(Path(toy.__file__).parent), os.environ.get("PYTHONPATH")]))
    return subprocess.run(
        [sys.executable, "-m", "text2reward", *words, "--display", "none"],
        cwd=where,
        env={**os.environ, "PYTHONPATH": modules},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


TOY = ["--env", "toy:TASK", "--steps", "1024", "--held-out", "10", "--candidates", "2", "--rounds", "2", "--jobs", "2"]
TOY += ["--ppo.n-envs", "8", "--ppo.n-steps", "32", "--ppo.batch-size", "64", "--ppo.n-epochs", "2"]
DRAWER = ["--env", "metaworld/drawer-close-v3", "--steps", "20000", "--held-out", "5", "--candidates", "2"]
DRAWER += ["--rounds", "1", "--jobs", "2"]


@pytest.mark.long
@pytest.mark.parametrize(
    ("settings", "kilobytes"),
    [*((TOY, size) for size in (48, 100, 200, 400, 600, 800, 900, 1000)), (DRAWER, 1200), (DRAWER, 1500)],
    ids=lambda value: str(value) if isinstance(value, int) else value[1].split("/")[0].split(":")[0],
)
def test_a_run_on_a_disk_that_is_too_small_goes_on_when_there_is_room(tmp_path, small_disk, settings, kilobytes):
    place = small_disk(kilobytes)
    full = search("run", *settings, "--runs-dir", "small/runs", where=tmp_path)
    assert full.returncode == 2, full.stdout
    assert "Traceback" not in full.stderr
    last = full.stderr.strip().splitlines()[-1]
    assert last.startswith("text2reward: No space left in ")
    assert "Make room there." in last
    assert not [path for path in place.rglob("*") if "part" in path.name]
    folders = [*(place / "runs").iterdir()]
    small_disk(500_000, again=True)
    if not folders:  # there was not even room to begin
        assert kilobytes < 50
        return
    (folder,) = folders
    for path in folder.rglob("*.json"):
        json.loads(path.read_text())
    known = load(folder).entries
    assert f"text2reward resume {folder.relative_to(tmp_path)}" in last
    again = search("resume", str(folder), where=tmp_path)
    assert again.returncode in (0, 1), again.stderr
    whole = search("run", *settings, "--runs-dir", "whole", where=tmp_path)
    assert whole.returncode == again.returncode
    (other,) = (tmp_path / "whole").iterdir()
    run = load(folder)
    assert run.entries[: len(known)] == known
    assert programs(run) == programs(load(other))
    assert figures(run) == figures(load(other))
    assert {video.label for video in run.best.videos} >= {"best", "median", "worst"} or run.video_problem
