"""The folder: what is in it, that it works alone, and what is refused."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from alone import evaluate, module
from recorded import HALF, PROGRAM, finished_run

from text2reward.agent.config import make_config, read_config
from text2reward.cli import main
from text2reward.errors import UserError
from text2reward.exporting.requirements import requirements
from text2reward.exporting.write import export
from text2reward.record.reader import load

TASK = "metaworld/window-close-v3"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return finished_run(tmp_path_factory.mktemp("runs"), TASK, judge=HALF)


@pytest.fixture(scope="module")
def folder(run, tmp_path_factory):
    to = tmp_path_factory.mktemp("exports") / "mine"
    export(run, to)
    return to


def test_the_export_reproduces_its_episodes_alone(run, folder):
    """Also that the carried judge decides, and that some episodes are solved and some are not."""
    k, n = run.held_out.success.k, run.held_out.success.n
    assert 0 < k < n
    done = evaluate(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"played    {k} of {n} episodes solved" in done.stdout
    assert f"recorded  {k} of {n}" in done.stdout
    assert "Every episode ended as recorded." in done.stdout


def test_another_outcome_is_told(folder, capsys):
    episodes = json.loads((folder / "episodes.json").read_text())["episodes"]
    changed = [{**episodes[0], "success_at_end": not episodes[0]["success_at_end"]}, *episodes[1:]]
    assert module(folder / "evaluate.py").report(episodes, changed, "note") == 1
    assert f"1 episodes ended otherwise; their seeds: {episodes[0]['seed']}" in capsys.readouterr().out


def test_nothing_in_it_imports_the_package(folder):
    files = list(folder.rglob("*.py"))
    assert len(files) > 6
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.startswith("text2reward")], path


def test_the_card_has_the_figures_of_the_record(run, folder):
    card = (folder / "README.md").read_text()
    success = run.held_out.success
    assert f"**{success.value:.0%}**, {success.k} of {success.n} episodes" in card
    assert f"95% interval {100 * success.low:.1f}% to {100 * success.high:.1f}%" in card
    assert "held-out episodes, which nothing was chosen by" in card
    assert "`robot.ee_pos` | [3] | m |" in card
    assert "The hand ends within 0.4 m of the handle." in card
    assert "| `reach` | 1 | 0.5 | 50% |" in card  # of the rollout after which the policy was kept, not the last
    assert "pickles" in card
    assert run.environment["packages"]["metaworld"] in card


def test_the_files_are_those_of_the_run(run, folder):
    source = run.folder / "candidates/r1c1/s0"
    assert (folder / "reward.py").read_text() == PROGRAM
    assert (folder / "policy/policy.zip").read_bytes() == (source / "policy.zip").read_bytes()
    assert (folder / "video/best.mp4").read_bytes() == b"film"
    assert (folder / "curves.csv").read_text() == (source / "curves.csv").read_text()
    assert make_config(read_config(folder / "config.json")).env == TASK


def test_requirements_are_the_recorded_versions(run, folder):
    packages = run.environment["packages"]
    lines = (folder / "requirements.txt").read_text().splitlines()
    assert f"metaworld=={packages['metaworld']}" in lines
    assert f"torch=={packages['torch'].partition('+')[0]}" in lines
    assert f"stable-baselines3=={packages['stable-baselines3']}" in lines
    assert not [line for line in lines if "==" not in line or "text2reward" in line]


def test_an_extra_is_not_lost_where_a_module_imports_the_package(run):
    lines = requirements(run, ("gymnasium[mujoco]", "gymnasium", "mujoco")).splitlines()
    assert f"gymnasium[mujoco]=={run.environment['packages']['gymnasium']}" in lines
    assert len(lines) == 5


def test_the_licence_of_what_is_carried_comes_along(folder):
    licence = (Path(__file__).parents[2] / "LICENSE").read_text()
    assert (folder / "LICENSE-text2reward").read_text() == licence


def test_the_command_says_what_it_wrote(run, tmp_path, capsys):
    to = tmp_path / "deep" / "export"
    assert main(["export", str(run.folder), "--to", str(to), "--candidate", "r1c1"]) == 0
    out = capsys.readouterr().out
    for name in ("README.md", "reward_wrapper.py", "maniskill_reward.py", "manager_terms.py", "policy", "evaluate.py"):
        assert str(to / name) in out
        assert (to / name).exists()


def refused(run, to, candidate=None) -> str:
    with pytest.raises(UserError) as caught:
        export(run, to, candidate)
    return str(caught.value)


def copied(run, tmp_path, *without: str):
    """The run's record less the events of some kinds."""
    folder = tmp_path / "copy"
    shutil.copytree(run.folder, folder)
    lines = (folder / "events.jsonl").read_text().splitlines(keepends=True)
    (folder / "events.jsonl").write_text("".join(line for line in lines if json.loads(line)["event"] not in without))
    return load(folder)


def test_bad_input_is_refused_and_nothing_is_written(run, tmp_path):
    to = tmp_path / "out"
    assert "is not finished" in refused(copied(run, tmp_path / "a", "run-finished"), to)
    assert "has no winner" in refused(copied(run, tmp_path / "b", "trained", "held-out", "filmed"), to)
    assert "r1c1 has no policy" in refused(copied(run, tmp_path / "c", "trained", "held-out", "filmed"), to, "r1c1")
    assert "Did you mean r1c1?" in refused(run, to, "r1c2")
    gone = copied(run, tmp_path / "d")
    (gone.folder / "candidates/r1c1/s0/vecnormalize.pkl").unlink()
    assert "There is no vecnormalize.pkl" in refused(gone, to)
    torn = copied(run, tmp_path / "e")
    (torn.folder / "candidates/r1c1/s0/policy.zip").write_bytes(b"no archive")
    assert "cannot be read" in refused(torn, to)
    lost = copied(run, tmp_path / "f")
    (lost.folder / "candidates/r1c1/s0/held_out.json").write_text("[]")
    assert "has 0 episodes, the record 4" in refused(lost, to)
    assert not to.exists()


LEAKS = ["candidates/r1c1/reward.py", *(f"candidates/r1c1/s0/{name}" for name in ("vecnormalize.pkl", "curves.csv"))]


@pytest.mark.parametrize("name", [*LEAKS, "candidates/r1c1/s0/video/best.mp4", "candidates/r1c1/s0/held_out.json"])
def test_no_file_of_another_folder_is_exported(run, tmp_path, name):
    linked = copied(run, tmp_path / "linked")
    shutil.copyfile(linked.folder / name, tmp_path / "secret")
    (linked.folder / name).unlink()
    (linked.folder / name).symlink_to(tmp_path / "secret")
    assert "is no file in that folder" in refused(linked, tmp_path / "out")
    named = copied(run, tmp_path / "named")
    (tmp_path / "secret.mp4").write_text("secret")
    text = (named.folder / "events.jsonl").read_text()
    (named.folder / "events.jsonl").write_text(text.replace("candidates/r1c1/s0/video/best.mp4", "../../secret.mp4"))
    assert "names '../../secret.mp4'" in refused(load(named.folder), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_folders_that_cannot_be_taken(run, tmp_path, monkeypatch):
    full, file = tmp_path / "full", tmp_path / "file"
    full.mkdir()
    (full / "thesis.tex").write_text("years of work")
    file.write_text("x")
    assert "is not empty: it holds thesis.tex" in refused(run, full)
    assert "is no folder" in refused(run, file)
    assert refused(run, file / "below").startswith("Nothing can be written")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    assert "current folder" in refused(run, here)
    assert (full / "thesis.tex").read_text() == "years of work"
    assert "".join(path.name for path in here.iterdir()) == ""


def test_a_folder_one_may_not_write_into(run, tmp_path, monkeypatch):
    monkeypatch.setattr("text2reward.exporting.write.os.access", lambda path, mode: False)
    assert f"Nothing can be written into {tmp_path}" in refused(run, tmp_path / "out")


def test_an_empty_folder_is_taken(run, tmp_path):
    (tmp_path / "empty").mkdir()
    files = export(run, tmp_path / "empty")
    assert files[0] == tmp_path / "empty" / "README.md"
    assert files[0].is_file()


def test_a_full_disk_leaves_nothing_behind(run, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("text2reward.exporting.write.shutil.copyfile", full)
    assert "No space left on device" in refused(run, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_export_left_goes(run, tmp_path):
    gone = subprocess.Popen(["true"])
    gone.wait()
    (tmp_path / f".out.{gone.pid}.part").mkdir()
    (tmp_path / f".out.{gone.pid}.part" / "reward.py").write_text("half")
    (tmp_path / f".out.{os.getppid()}.part").mkdir()  # somebody lives who is writing it
    export(run, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == [f".out.{os.getppid()}.part", "out"]


def test_a_baseline_has_no_program_to_export(tmp_path):
    run = finished_run(tmp_path / "runs", TASK, program=None)
    assert "was trained without a reward program" in refused(run, tmp_path / "out")


HOSTILE = '"""\nimport os  # </script> | `rm -rf` <img src=x onerror=alert(1)>'


def test_what_a_model_or_a_person_wrote_stays_text(tmp_path):
    """A sentence, a note and an author cannot become code in a module or markup in the card."""
    run = finished_run(tmp_path / "runs", TASK, instruction=HOSTILE, author=HOSTILE, note=HOSTILE)
    export(run, tmp_path / "out")
    for path in (tmp_path / "out").glob("*.py"):
        tree = ast.parse(path.read_text())
        assert "os" not in {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    card = (tmp_path / "out" / "README.md").read_text()
    assert "<img" not in card
    assert "</script>" not in card
    assert json.loads((tmp_path / "out" / "task.json").read_text())["instruction"] == HOSTILE


def test_another_candidate_than_the_winner_has_the_figure_it_was_chosen_by(run, tmp_path):
    """Its card says that nothing unseen was played."""
    other = copied(run, tmp_path, "held-out")
    export(other, tmp_path / "out", "r1c1")
    card = (tmp_path / "out" / "README.md").read_text()
    assert "select episodes, by which checkpoints and candidates were chosen" in card
    assert "This is not the figure that the run reports." in card
    assert len(json.loads((tmp_path / "out" / "episodes.json").read_text())["episodes"]) == 2


def test_where_a_person_judged_there_is_nothing_to_play_again(tmp_path):
    run = finished_run(tmp_path / "runs", TASK)
    config = json.loads((run.folder / "config.json").read_text())
    (run.folder / "config.json").write_text(json.dumps({**config, "judge": "person"}))
    (run.folder / "candidates/r1c1/s0/held_out.json").unlink()  # films were judged, not seeds
    export(load(run.folder), tmp_path / "out")
    assert "episodes that a person watched" in (tmp_path / "out" / "README.md").read_text()
    done = evaluate(tmp_path / "out")
    assert done.returncode == 2
    assert "There are no episodes to compare with." in done.stderr
