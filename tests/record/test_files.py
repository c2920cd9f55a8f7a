"""A run's folder that came from elsewhere, or was damaged: nothing outside is read, and one line says what is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import toy
from records import finished_run

from text2reward.agent.people.labels import judged_pairs
from text2reward.cli import main
from text2reward.errors import RecordError
from text2reward.record.events import Diagnosed, Filmed, Preferred, Screened, Video
from text2reward.record.files import inside
from text2reward.record.reader import load
from text2reward.record.writer import EVENTS, RecordWriter
from text2reward.web.report import render

SECRET = "sim_steps,episodes,success,own_return\n"


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret.csv"
    path.write_text(SECRET)
    return path


@pytest.fixture
def run(tmp_path):
    return finished_run(tmp_path / "runs", episodes=False)


def changed(run, kind: str, **data):
    """The run with other data in its events of a kind."""
    path = run.folder / EVENTS
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        if line["event"] == kind:
            line["data"].update(data)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return load(run.folder)


OUTSIDE = {
    "above": lambda folder, secret: "../../secret.csv",
    "from inside": lambda folder, secret: "candidates/../../../secret.csv",
    "absolute": lambda folder, secret: str(secret),
    "absolute and inside": lambda folder, secret: str(folder / "config.json"),
    "a link": lambda folder, secret: "link",
    "beyond a link": lambda folder, secret: "far/secret.csv",
    "in a circle": lambda folder, secret: "circle/x",
    "no name": lambda folder, secret: "a\0b",
}


@pytest.mark.parametrize("named", OUTSIDE.values(), ids=OUTSIDE)
def test_what_a_record_names_lies_in_its_folder_or_is_refused(run, secret, named):
    (run.folder / "link").symlink_to(secret)
    (run.folder / "far").symlink_to(secret.parent)
    (run.folder / "circle").symlink_to("circle")
    with pytest.raises(RecordError, match=r"is no file in that folder\. Restore"):
        inside(run.folder, named(run.folder, secret))


def test_a_folder_may_be_a_link_itself_and_hold_links_that_stay_in_it(run, tmp_path, monkeypatch):
    (tmp_path / "short").symlink_to(run.folder)
    (run.folder / "again").symlink_to("candidates")
    monkeypatch.chdir(tmp_path)
    path = inside(Path("short"), "again/r1c1/reward.py")
    assert path == Path("short/again/r1c1/reward.py")
    assert path.is_file()


READERS = {
    "program": ("drafted", {"program": "../../secret.csv"}, lambda run: run.candidate("r1c1").program),
    "policy": ("trained", {"folder": "../.."}, lambda run: run.candidate("r1c1").policy_path),
    "curves": ("trained", {"folder": "../.."}, lambda run: run.candidate("r1c1").curves),
    "training": ("trained", {"folder": "../.."}, lambda run: run.candidate("r1c1").terms),
    "exchange": ("drafted", {"exchange": "../../../secret"}, lambda run: run.exchange("../../../secret")),
}


@pytest.mark.parametrize(("kind", "data", "read"), READERS.values(), ids=READERS)
def test_nothing_outside_the_folder_is_read(run, secret, kind, data, read):
    (secret.parent / "curves.csv").write_text(SECRET)
    with pytest.raises(RecordError, match="is no file in that folder"):
        read(changed(run, kind, **data))


def test_no_filmed_episode_is_read_outside_the_folder(run):
    with pytest.raises(RecordError, match="is no file in that folder"):
        judged_pairs(run.folder, [Preferred("r1c1", "r1c2", 1, 1.0, "../a.npz", "b.npz")], None)


@pytest.mark.parametrize("words", [["report"], ["show"], ["show", "--json"]], ids=" ".join)
def test_a_command_says_in_a_line_that_a_record_names_another_file(run, secret, capsys, words):
    writer = RecordWriter(run.folder)
    writer.append(Filmed("r1c1", (Video("../../secret.csv", "best", True),)))
    writer.close()
    changed(run, "drafted", program="../../secret.csv")
    assert main([words[0], str(run.folder), *words[1:]]) == 2
    told = capsys.readouterr()
    assert "names '../../secret.csv', which is no file in that folder" in told.err
    assert told.err.count("\n") == 1
    assert not (run.folder / "report.html").exists()


@pytest.mark.parametrize("path", ["../../secret.csv", "link.mp4"])
def test_a_report_embeds_no_file_of_another_folder(run, secret, path):
    (run.folder / "link.mp4").symlink_to(secret)
    writer = RecordWriter(run.folder)
    writer.append(Filmed("r1c1", (Video(path, "best", True),)))
    writer.close()
    with pytest.raises(RecordError, match="is no file in that folder"):
        render(load(run.folder))


CURVES = {
    "empty": b"",
    "cut in a row": b"sim_steps,episodes,success,own_return,term/a,spread/a\n1000,5,0.5,2.0,0.1",
    "a short row": b"sim_steps,episodes,success,own_return,term/a,spread/a\n1000,5,0.5,2.0,0.1\n",
    "a long row": b"sim_steps,episodes,success,own_return,term/a,spread/a\n1000,5,0.5,2.0,0.1,0.1,7\n",
    "other columns": b"a,b\n1,2\n",
    "no number": b"sim_steps,episodes,success,own_return\nmany,5,0.5,2.0\n",
    "no text": b"\xff\xfe\x00\n",
}


@pytest.mark.parametrize("data", CURVES.values(), ids=CURVES)
def test_damaged_curves_are_told_in_a_line(run, data):
    path = run.folder / "candidates/r1c1/s0/curves.csv"
    path.write_bytes(data)
    with pytest.raises(RecordError, match=r"Cannot read .*curves\.csv: .*Restore it from a copy"):
        render(load(run.folder))
    path.unlink()
    assert load(run.folder).candidate("r1c1").curves == []


@pytest.mark.parametrize("data", [b"\xff\xfe", None], ids=["no text", "gone"])
def test_a_damaged_program_is_told_in_a_line(run, data):
    path = run.folder / "candidates/r1c1/reward.py"
    path.unlink() if data is None else path.write_bytes(data)
    with pytest.raises(RecordError, match=r"Cannot read .*reward\.py: .*Restore it from a copy") as raised:
        assert load(run.folder).candidate("r1c1").program
    assert "[Errno" not in str(raised.value)


def test_what_is_nested_too_deeply_is_damaged(run):
    deep = "[" * 100_000
    (run.folder / "config.json").write_text(deep)
    with pytest.raises(RecordError, match=r"Cannot read .*config\.json: it is nested too deeply"):
        assert load(run.folder).target
    with (run.folder / EVENTS).open("a") as file:
        file.write(f"{deep}\n")
    with pytest.raises(RecordError, match=r"Line \d+ of .* is broken"):
        load(run.folder)


@pytest.mark.parametrize("target", [None, "", "0.9"])
def test_a_report_of_a_run_without_a_target_says_what_is_wrong(tmp_path, target):
    run = finished_run(tmp_path, episodes=False, target=target)
    with pytest.raises(RecordError, match=r"config\.json names no target\. Restore it from a copy"):
        render(run)


def test_a_report_of_a_training_judged_on_no_episode_shows_nothing_solved(run):
    none = {"k": 0, "n": 0, "low": 0.0, "high": 1.0, "k_at_end": 0}
    assert '<td class="number">0%</td>' in render(changed(run, "trained", select=none))


@pytest.mark.parametrize("seconds", [float("nan"), float("inf")])
@pytest.mark.parametrize("kind", ["trained", "run-finished"])
def test_a_duration_that_is_no_number_is_damage(run, kind, seconds):
    with pytest.raises(RecordError, match=f"broken {kind} event"):
        changed(run, kind, wall_s=seconds)
    line = json.dumps({**json.loads((run.folder / EVENTS).read_text().splitlines()[0]), "session_s": seconds})
    (run.folder / EVENTS).write_text(f"{line}\n")
    with pytest.raises(RecordError, match="broken run-started event"):
        load(run.folder)


def test_a_report_shows_what_is_known_where_a_figure_is_not(run):
    writer = RecordWriter(run.folder)
    writer.append(Screened("r1c1", "pass", 3, 4, None, 0.9, None, None))
    writer.append(Diagnosed("r1c1", rank_correlation=0.5, epic=0.25))
    writer.close()
    html = render(load(run.folder))
    assert "90% of the pairs in order [unknown–unknown], unknown of the solved ones" in html
    assert "by 0.25 (EPIC), from 0 to 1." in html


def test_a_report_is_the_same_whatever_the_locale(tmp_path):
    run = finished_run(tmp_path, toy.REACH.replace("Reach.", "Réach."), episodes=False)
    code = "import sys; from text2reward.cli import main; sys.exit(main(['report', sys.argv[1]]))"
    plain = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    subprocess.run([sys.executable, "-c", code, str(run.folder)], env=plain, check=True, capture_output=True)
    assert (run.folder / "report.html").read_text(encoding="utf-8") == render(run)
