"""Several runs at once share nothing but the processor: no folder, no port, no cache."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import toy
from searches import figures, programs

from text2reward.agent.config import config_for
from text2reward.agent.library import Library
from text2reward.agent.run import start
from text2reward.errors import RecordError, RenderError
from text2reward.record import writer
from text2reward.record.reader import list_runs, load
from text2reward.record.writer import RecordWriter
from text2reward.training.workers import Workers

TOY = ["--env", "toy:TASK", "--steps", "1024", "--held-out", "10", "--candidates", "2", "--rounds", "1", "--jobs", "2"]
TOY += ["--ppo.n-envs", "8", "--ppo.n-steps", "32", "--ppo.batch-size", "64", "--ppo.n-epochs", "2"]
WINDOW = ["--env", "metaworld/window-close-v3", "--steps", "6000", "--held-out", "3", "--candidates", "1"]
WINDOW += ["--rounds", "1", "--jobs", "1"]


def test_four_runs_in_one_process_come_to_the_same_as_one(tmp_path, monkeypatch):
    def film(*arguments):
        raise RenderError("No films here.")

    monkeypatch.setattr(Workers, "film", film)
    ppo = {"n_envs": 8, "n_steps": 32, "batch_size": 64, "n_epochs": 2, "learning_rate": 3e-3}
    settings = {"env": "toy:TASK", "steps": 512, "held_out": 5, "candidates": 1, "rounds": 1, "jobs": 1, "ppo": ppo}
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: start(config_for(None, settings), tmp_path), range(4)))
    assert len({run.folder for run in runs}) == 4
    assert sorted(list_runs(tmp_path)) == sorted(run.folder for run in runs)
    for run in runs[1:]:
        assert programs(run) == programs(runs[0])
        assert figures(run) == figures(runs[0])


def test_runs_that_would_get_the_same_folder_get_two(tmp_path, monkeypatch):
    drawn = iter(["aaaa", "aaaa", "aaaa", "bbbb"])
    monkeypatch.setattr(writer.secrets, "token_hex", lambda size: next(drawn))
    names = []
    for _ in range(2):
        made = RecordWriter.create(tmp_path, "same", {}, {})
        names.append(made.folder.name[-4:])
        made.close()
    assert names == ["aaaa", "bbbb"]


def test_a_run_that_has_only_a_folder_so_far_disturbs_nobody(tmp_path):
    made = RecordWriter.create(tmp_path, "young", {}, {})
    assert load(made.folder).entries == ()
    with pytest.raises(RecordError, match="never started"):
        _ = load(made.folder).started
    made.close()


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "text2reward", *words]


def surroundings(home: Path) -> dict[str, str]:
    """Variables for processes that find no cache of anybody and share the one they make."""
    home.mkdir()
    modules = os.pathsep.join(filter(None, [str(Path(toy.__file__).parent), os.environ.get("PYTHONPATH")]))
    kept = {name: value for name, value in os.environ.items() if name not in ("XDG_CACHE_HOME", "MPLCONFIGDIR")}
    return {**kept, "HOME": str(home), "PYTHONPATH": modules}


def at_once(commands: list[list[str]], where: Path, environment: dict[str, str]) -> list[subprocess.CompletedProcess]:
    begun = [
        subprocess.Popen(each, cwd=where, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for each in commands
    ]
    ended = []
    try:
        for process in begun:
            out, err = process.communicate(timeout=900)
            ended.append(subprocess.CompletedProcess(process.args, process.returncode, out, err))
    finally:
        for process in begun:
            process.kill()
    return ended


@pytest.mark.long
@pytest.mark.parametrize("settings", [TOY, WINDOW], ids=["toy", "metaworld"])
def test_four_processes_that_start_at_the_same_moment(tmp_path, settings):
    """Three searches and a training in one folder, while somebody looks at it; then all goes into one library."""
    environment = surroundings(tmp_path / "home")
    given = ["--runs-dir", "runs", "--display", "none"]
    program = tmp_path / "reward.py"
    program.write_text(toy.REACH)
    searching = command("run", *settings, *given)
    training = command("train", str(program), *[*settings[:6], *settings[settings.index("--jobs") :]], *given)
    commands = [searching, searching, searching, *([training] if settings is TOY else [])]
    over, seen = threading.Event(), []

    def look() -> None:
        while not over.wait(0.05):
            seen.append([load(folder).status for folder in list_runs(tmp_path / "runs")])

    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(look)
        try:
            ended = at_once(commands, tmp_path, environment)
        finally:
            over.set()
        looking.result()
    assert seen
    for each in ended:
        assert each.returncode in (0, 1), each.stderr
        assert "Traceback" not in each.stderr
    folders = list_runs(tmp_path / "runs")
    assert len(folders) == len(commands)
    runs = [load(folder) for folder in folders]
    assert all(each.finished is not None and (each.folder / "report.html").is_file() for each in runs)
    searches = [each for each in runs if each.started.model == "composer"]
    assert len(searches) == 3
    for each in searches[1:]:
        assert programs(each) == programs(searches[0])
        assert figures(each) == figures(searches[0])
    _shared_library(tmp_path, folders, environment)
    _two_servers(tmp_path, folders[0], environment)


def _shared_library(where: Path, folders: list[Path], environment: dict[str, str]) -> None:
    adding = [command("library", "add", folder.name, "--runs-dir", "runs") for folder in folders]
    said = at_once(adding, where, environment)
    assert not [each.stderr for each in said if "Traceback" in each.stderr]
    entries, faults = Library(where / "library").read()
    assert not faults
    assert len({entry.program for entry in entries}) == len(entries) >= 1
    assert not [path for path in (where / "library").iterdir() if path.name.startswith(".")]


def _two_servers(where: Path, folder: Path, environment: dict[str, str]) -> None:
    serve = command("serve", folder.name, "--runs-dir", "runs", "--no-films")
    begun = [subprocess.Popen(serve, cwd=where, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    ports = set()
    for process in begun:
        assert process.stdout is not None
        ports |= set(re.findall(r"127\.0\.0\.1:(\d+)/", process.stdout.readline()))
    for process in begun:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) in (0, 130)
        process.stdout.close()
    assert len(ports) == 2
