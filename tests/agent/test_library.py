from __future__ import annotations

import random
import re
import shutil
from dataclasses import replace

import pytest
import toy
from records import finished_run

from text2reward.agent.config import config_for
from text2reward.agent.examples import examples_of, find_examples, left_out, shared_library
from text2reward.agent.library import Library, library_folder, search
from text2reward.agent.library.card_file import read_card, write_card
from text2reward.agent.library.from_run import card_of, chosen
from text2reward.envs import get_task
from text2reward.errors import LibraryError, RecordError, UnknownNameError, UserError
from text2reward.record.reader import load

PUSH = "Push the puck to a goal."


def add(folder, run, name=None):
    candidate, program = chosen(run, None)
    return Library(folder).add(card_of(run, candidate, program), program, name)


@pytest.fixture
def shelf(tmp_path):
    """A library with one whole entry, ``reach``."""
    add(tmp_path / "library", finished_run(tmp_path / "runs"))
    return Library(tmp_path / "library")


def edit(shelf, old, new, file="card.toml"):
    path = shelf.folder / "reach" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_an_entry_holds_what_the_run_measured_and_reads_back_the_same(shelf):
    entry = shelf.entry("reach")
    card = entry.card
    assert entry.program == toy.REACH
    assert (card.task, card.instruction, card.terms) == ("toy/reach", toy.TASK.instruction, ("near", "nearer"))
    assert [field.name for field in card.fields] == ["robot.ee_pos", "goal.pos"]
    assert (entry.success.k, entry.success.n, entry.success.k_at_end) == (18, 20, 9)
    assert card.success.episodes_of == "held-out"
    assert (card.origin.author, card.origin.seed, card.origin.sim_steps) == ("openai/x", 3, 4000)
    assert card.versions == {"python": "3.11", "text2reward": "0.1.0", "torch": "2.13.0"}
    assert sorted(path.name for path in entry.folder.iterdir()) == ["card.toml", "reward.py"]
    assert write_card(card) == (entry.folder / "card.toml").read_text()


def test_a_program_in_another_style_is_kept_with_the_constants_it_takes_and_shown_to_no_model(tmp_path):
    program = "import torch\ndef compute_reward(ee_pos: torch.Tensor, dt: float):\n    return ee_pos[:, 0] / dt, {}\n"
    run = finished_run(tmp_path / "runs", program=program, terms=("total",))
    library = Library(tmp_path / "library")
    entry = library.add(card_of(run, *chosen(run, None)), program)
    assert library.entry(entry.name).card.constants == {"dt": toy.TASK.dt}
    assert [field.name for field in entry.card.fields] == ["robot.ee_pos"]
    task = replace(toy.TASK, id="toy/another")
    assert find_examples(tmp_path / "runs", str(library.folder), task, "Reach the goal.", 3) == []


def test_a_program_that_reads_meta_worlds_obs_is_kept_and_reads_back(tmp_path):
    program = "import numpy as np\ndef compute_dense_reward(self, action, obs):\n    return float(obs[7] - obs[4])\n"
    run = finished_run(
        tmp_path / "runs",
        program=program,
        terms=("total",),
        env="metaworld/push-v3",
        task="metaworld/push-v3",
        action_repeat=1,
    )
    entry = Library(tmp_path / "library").add(card_of(run, *chosen(run, None)), program)
    known = Library(tmp_path / "library").entry(entry.name).card
    assert [field.name for field in known.fields] == ["puck.pos", "puck.quat"]
    assert known.observed == (4, 5, 6, 10, 7, 8, 9)
    assert known.constants["dt"] == pytest.approx(0.0125)  # as it was trained
    closed = "import numpy as np\ndef compute_dense_reward(self, action):\n    return 1 - self.robot.gripper_openness\n"
    run = finished_run(
        tmp_path / "runs", program=closed, terms=("total",), env="metaworld/push-v3", task="metaworld/push-v3"
    )
    assert Library(tmp_path / "library").add(card_of(run, *chosen(run, None)), closed).card.fields


@pytest.mark.parametrize("line", ['"((" = 1', "dt = nan", "dt = 0.0", "robot = 1.0", "env = 1.0"])
def test_constants_edited_into_nonsense_disable_one_entry_and_no_more(shelf, line):
    edit(shelf, "[constants]", f"[constants]\n{line}" if "dt" not in line else "[constants]")
    if "dt" in line:
        edit(shelf, "dt = ", f"{line}\n#")
    entries, faults = shelf.read()
    assert (len(entries), len(faults)) == (0, 1)


def test_text_that_a_file_format_could_trip_over_reads_back_the_same(tmp_path):
    hostile = 'Say "x" = \\n [a] # {é} \\u0000 \'\'\' """'
    entry = add(tmp_path / "library", finished_run(tmp_path / "runs", instruction=hostile))
    assert Library(tmp_path / "library").entry(entry.name).card.instruction == hostile


NONSENSE = {
    "a type": ("solved = 18", 'solved = "many"', r"card.toml:\d+: success.solved is 'many': .* valid integer"),
    "more than all": ("solved = 18", "solved = 21", r"card.toml:\d+: success.solved is 21, of 20 episodes"),
    "less than none": ("solved = 18", "solved = -1", "success.solved is -1"),
    "nothing tried": ("episodes = 20", "episodes = 0", "success.episodes is 0"),
    "beyond reason": ("episodes = 20", f"episodes = {10**400}", "success.episodes is 1"),
    "at the end": ("solved_at_end = 9", "solved_at_end = 19", "success.solved_at_end is 19, of 18"),
    "another interval": ("interval = [", "interval = [0.9, 0.95] # [", r"interval is \[0.9, 0.95\], but 18 of 20 have"),
    "no interval": ("interval = [", "interval = [nan, nan] # [", "interval"),
    "a truth value": ("seed = 3", "seed = true", "origin.seed is True"),
    "a missing key": ("solved = 18\n", "", "lacks success.solved"),
    "a missing table": ("[origin]", "[orgin]", "unknown key 'orgin'; did you mean origin"),
    "an unknown key": ("seed = 3", "sead = 3", r"card.toml:\d+: holds the unknown key 'sead'; did you mean seed"),
    "an unknown key of a field": ("doc =", "dok =", r"card.toml:7: holds the unknown key 'dok'; did you mean doc"),
    "no field": ('shape = [3], unit = "m", doc = "the hand"', "shape = 3", r"card.toml:7: fields.0.shape is 3"),
    "a field's name": ('name = "robot.ee_pos"', 'name = "EE"', "'EE' is not group.leaf"),
    "a field twice": ('name = "robot.ee_pos"', 'name = "goal.pos"', "goal.pos is declared twice"),
    "a field less": ('  { name = "robot.ee_pos"', '# { name = "robot.ee_pos"', r"reward.py:6: does not fit its card"),
    "no TOML": ("seed = 3", "seed = ", r"card.toml:\d+: is not TOML: Invalid value"),
    "a day": ("trained = ", 'trained = "yesterday" # ', "origin.trained is no day"),
    "a module to import": ('task = "toy/reach"', 'task = "os:system"', "task is no task's id"),
    "a control sequence": ('author = "', 'author = "\\u001b[2J', "origin.author .* control characters"),
    "a newer schema": ("schema = 1", "schema = 2", r"card.toml:2: has schema 2; .* Update text2reward"),
    "a schema of text": ("schema = 1", 'schema = "1"', "schema is '1'"),
    "a term": ('terms = ["near"', 'terms = ["; rm"', "no name of a term"),
}


@pytest.mark.parametrize(("old", "new", "said"), NONSENSE.values(), ids=NONSENSE)
def test_a_card_edited_into_nonsense_is_one_line_that_says_where_and_what_to_do(shelf, old, new, said):
    edit(shelf, old, new)
    with pytest.raises(LibraryError, match=said) as caught:
        shelf.entry("reach")
    text = str(caught.value)
    assert "\n" not in text
    assert str(shelf.folder / "reach") in text
    assert re.search(r"library remove reach|Update text2reward", text)
    entries, faults = shelf.read()
    assert entries == []
    assert [str(fault) for fault in faults] == [text]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("distance = ", "distance = (", r"reward.py:\d+: .*does not parse"),
        ("state.goal.pos", "state.gaol.pos", "reward.py:6: does not fit its card: .*did you mean state.goal.pos"),
        ("import torch", "import os", "reward.py:2: "),
        ("Reach", "Reach \x1b[2J", "reward.py:1: "),
    ],
)
def test_a_program_edited_into_nonsense_says_where(shelf, old, new, said):
    edit(shelf, old, new, "reward.py")
    with pytest.raises(LibraryError, match=said):
        shelf.entry("reach")


def test_a_program_that_reads_what_its_task_lacks_says_so(tmp_path, monkeypatch):
    add(tmp_path, finished_run(tmp_path / "runs"))
    window = get_task("metaworld/window-close-v3")
    monkeypatch.setattr("text2reward.agent.library.library.all_tasks", lambda: {"toy/reach": window})
    Library(tmp_path).entry("reach")  # it has both fields
    without = get_task("mujoco/Hopper-v5")
    monkeypatch.setattr("text2reward.agent.library.library.all_tasks", lambda: {"toy/reach": without})
    with pytest.raises(LibraryError, match=r"reward.py:6: does not fit toy/reach: .* \[unknown-field\]"):
        Library(tmp_path).entry("reach")


def test_whatever_happens_to_the_bytes_of_a_card_it_is_read_or_refused(shelf):
    path = shelf.folder / "reach" / "card.toml"
    whole = path.read_bytes()
    rng = random.Random(0)
    said = []
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(data))
            data[at : at + rng.randint(0, 8)] = rng.randbytes(rng.randint(0, 3)) or b"[\n"
        path.write_bytes(bytes(data))
        try:
            read_card(path)
        except LibraryError as error:
            said.append(str(error))
    assert len(said) > 200
    assert all(line.startswith(str(path)) and "\n" not in line for line in said)


def test_files_that_are_no_plain_files_are_not_read(shelf, tmp_path):
    secret = tmp_path / "secret.py"
    secret.write_text(toy.REACH)
    program = shelf.folder / "reach" / "reward.py"
    program.unlink()
    with pytest.raises(LibraryError, match="is not there"):
        shelf.entry("reach")
    program.symlink_to(secret)
    with pytest.raises(LibraryError, match="is a link"):
        shelf.entry("reach")
    program.unlink()
    program.write_bytes(b"\xff\xfe")
    with pytest.raises(LibraryError, match="not text in UTF-8"):
        shelf.entry("reach")
    program.write_text("#" * 100_000)
    with pytest.raises(LibraryError, match="larger than"):
        shelf.entry("reach")
    shutil.move(shelf.folder / "reach", tmp_path / "elsewhere")
    (shelf.folder / "reach").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LibraryError, match="folder that is a link"):
        shelf.entry("reach")
    with pytest.raises(LibraryError, match="is a link"):
        shelf.remove("reach")


def test_a_folders_name_cannot_reach_the_terminal(shelf):
    (shelf.folder / "reach").rename(shelf.folder / "re\x1b[2Jach")
    (shelf.folder / "re\x1b[2Jach" / "card.toml").write_text("x")
    ((fault,),) = [shelf.read()[1]]
    assert "\x1b" not in str(fault)
    assert "card.toml:1: is not TOML" in str(fault)


def test_names_stay_inside_the_folder_and_nothing_is_overwritten(shelf, tmp_path):
    other = finished_run(tmp_path / "runs", program=toy.REACH.replace("2 *", "3 *"))
    with pytest.raises(LibraryError, match=r"cannot be an entry's name.* --name x"):
        add(shelf.folder, other, "../x")
    with pytest.raises(LibraryError, match="reach is there already"):
        add(shelf.folder, other, "reach")
    assert add(shelf.folder, other).name == "reach-2"
    with pytest.raises(LibraryError, match="reach-2 holds this program already"):
        add(shelf.folder, other, "again")
    strange = finished_run(tmp_path / "runs", task="toy/../../É x", program=toy.REACH.replace("2 *", "4 *"))
    assert add(shelf.folder, strange).name == "x"
    assert shelf.names() == ["reach", "reach-2", "x"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["library", "runs"]
    assert shelf.entry("reach").program == toy.REACH


def test_a_folder_that_cannot_be_written_is_said_and_leaves_nothing(tmp_path):
    (tmp_path / "library").write_text("in the way")
    with pytest.raises(LibraryError, match="--library"):
        add(tmp_path / "library", finished_run(tmp_path / "runs"))


def test_only_programs_with_a_measured_success_are_taken(tmp_path):
    untrained, expert = finished_run(tmp_path, solved=None), finished_run(tmp_path, program=None, reward="expert")
    with pytest.raises(UserError, match="has no policy yet"):
        chosen(untrained, None)
    with pytest.raises(UserError, match=r"r1c1 .* has no policy"):
        chosen(untrained, "r1c1")
    with pytest.raises(UserError, match="trained with the expert reward"):
        chosen(expert, None)
    with pytest.raises(UnknownNameError, match="Did you mean r1c1"):
        chosen(expert, "r1c2")


def test_a_record_that_was_edited_into_nonsense_is_said(tmp_path):
    run = finished_run(tmp_path / "runs")
    (run.folder / "candidates/r1c1/s0/curves.csv").write_text("sim_steps\nx\n")
    assert add(tmp_path / "library", run).card.terms == ()
    config = run.folder / "config.json"
    config.write_text(config.read_text().replace('"seed": 3', '"seed": "three"'))
    with pytest.raises(RecordError, match="names no seed"):
        add(tmp_path / "library", load(run.folder))


def test_an_unknown_entry_names_the_nearest_and_removing_leaves_the_rest(shelf):
    with pytest.raises(UnknownNameError, match="Did you mean reach"):
        shelf.entry("raech")
    with pytest.raises(UnknownNameError):
        shelf.entry("../library/reach")
    (shelf.folder / "reach" / "notes.txt").write_text("mine")
    shelf.remove("reach")
    assert shelf.names() == []
    assert (shelf.folder / "reach" / "notes.txt").read_text() == "mine"
    with pytest.raises(LibraryError, match="holds none"):
        shelf.entry("reach")


def test_search_finds_by_sentence_task_fields_and_terms(shelf, tmp_path):
    pusher = toy.REACH.replace('"near"', '"pushed"')
    add(shelf.folder, finished_run(tmp_path / "runs", pusher, instruction=PUSH, task="toy/push-v3"))
    entries = shelf.read()[0]
    assert [entry.name for entry, _ in search(entries, "push a puck")] == ["push-v3"]
    assert next(entry.name for entry, _ in search(entries, "move a hand")) == "reach"
    assert {entry.name for entry, _ in search(entries, "nearer")} == {"push-v3", "reach"}
    assert len(search(entries, "ee pos")) == 2  # fields
    assert search(entries, "zebra") == []
    reach = shelf.entry("reach")
    assert reach.fits(toy.TASK)
    assert reach.fits(get_task("metaworld/window-close-v3"))
    assert not reach.fits(get_task("mujoco/Hopper-v5"))


def test_the_folder_is_the_one_named_then_the_environments_then_the_usual(tmp_path, monkeypatch):
    monkeypatch.delenv("TEXT2REWARD_LIBRARY", raising=False)
    assert str(library_folder(None)) == "library"
    monkeypatch.setenv("TEXT2REWARD_LIBRARY", str(tmp_path))
    assert library_folder(None) == tmp_path
    assert str(library_folder(tmp_path / "x")) == str(tmp_path / "x")


def test_examples_come_from_the_library_and_broken_entries_are_left_out(shelf, tmp_path, monkeypatch):
    task = get_task("metaworld/window-close-v3")
    (example,) = find_examples(tmp_path / "none", str(shelf.folder), task, task.instruction, 3)
    assert (example.task, example.program, example.k, example.n) == ("toy/reach", toy.REACH, 18, 20)
    assert example.fields[0].startswith("state.robot.ee_pos: float32 (B, 3), m: ")
    assert example.source == str(shelf.folder / "reach")
    asked = {"env": "toy:TASK", "method": "text2reward-few-shot", "library": str(shelf.folder)}
    assert left_out(config_for(None, asked)) == []
    edit(shelf, "solved = 18", "solved = 180")
    assert list(examples_of(shelf)) == []
    (line,) = left_out(config_for(None, asked))
    assert line.startswith("left out of the examples: ")
    assert "success.solved is 180" in line


def test_what_a_run_is_shown_depends_on_flag_and_environment_only(shelf, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # which holds a folder called library
    monkeypatch.delenv("TEXT2REWARD_LIBRARY", raising=False)
    assert shared_library(None, 1, "x") is None
    monkeypatch.setenv("TEXT2REWARD_LIBRARY", "library")
    assert shared_library(None, 1, "x") == "library"
    assert shared_library(None, 0, "x") is None
    assert shared_library("library", 1, "x") == "library"
    with pytest.raises(UserError, match="--library does not go with the method card"):
        shared_library("library", 0, "card")
    with pytest.raises(UserError, match="There is no library elsewhere"):
        shared_library("elsewhere", 1, "x")


def test_programs_that_hardly_work_are_no_examples(tmp_path):
    add(tmp_path / "library", finished_run(tmp_path / "runs", solved=8))
    assert list(examples_of(Library(tmp_path / "library"))) == []
