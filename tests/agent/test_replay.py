"""A search is played again from its stored exchanges: the same prompts, programs and figures, without a key."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import records
import searches
from protocol_server import answer, serving
from searches import DRAWER, REACH, TOY, Writer, figures, misspelt, programs, questions, search

from text2reward.agent import patience
from text2reward.agent.config import config_for
from text2reward.agent.exchanges import Exchanges
from text2reward.agent.language_model import Answer, Message, Usage
from text2reward.agent.method import method_names
from text2reward.agent.picture import Picture
from text2reward.agent.replay import Replay, ReplayError
from text2reward.agent.run import resume, start
from text2reward.cli import _defaults, main
from text2reward.errors import ModelError, RecordError
from text2reward.record.events import Asked
from text2reward.record.finding import steady
from text2reward.record.reader import list_runs, load

TESTS = Path(__file__).parents[1]
RECORDED = TESTS / "recorded"


@pytest.fixture
def keyless(monkeypatch):
    """A machine without a key, on which nobody listens where the model was."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")


def replay(source: Path, runs_dir: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """``text2reward run --replay`` in a process of its own, without a key."""
    known = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    return subprocess.run(
        [sys.executable, "-m", "text2reward", "run", "--replay", str(source), "--runs-dir", str(runs_dir), *words],
        capture_output=True,
        text=True,
        env={**known, "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}", **environment},
    )


def newest(runs_dir: Path):
    return load(list_runs(runs_dir)[-1])


def the_same(first, second) -> None:
    assert questions(second) == questions(first)
    assert programs(second) == programs(first)
    assert figures(second) == figures(first)


@pytest.mark.parametrize("name", ["toy-two-rounds", pytest.param("drawer-mended", marks=pytest.mark.long)])
def test_the_recorded_searches_are_played_again(name, tmp_path, keyless, capsys):
    """Made anew by tests/recorded/make.py where a prompt changed."""
    assert sorted(searches.SEARCHES) == sorted(path.parent.name for path in RECORDED.glob("*/config.json"))
    source = load(RECORDED / name)
    assert main(["run", "--replay", str(source.folder), "--runs-dir", str(tmp_path), "--display", "plain"]) in (0, 1)
    run = newest(tmp_path)
    assert questions(run) == questions(source)
    assert programs(run) == programs(source)
    assert set(figures(run)) == set(figures(source))  # the figures themselves may be another machine's
    assert run.cost_usd == 0
    asked = list(run.events(Asked))
    assert len(asked) == len(questions(source))
    assert all(event.replayed and event.cost_usd == 0 and event.seconds == 0 for event in asked)
    assert sum(event.tokens_in for event in asked) == source.tokens[0]
    assert run.config["replay"] == str(source.folder)
    assert f"--replay {source.folder}" in run.started.command
    assert f"replayed   {len(asked)} of {len(asked)} answers, for nothing" in capsys.readouterr().out


def test_a_search_that_learns_from_its_trainings_is_replayed_to_the_byte(tmp_path, key):
    """Prompts hold figures, findings, causes and reviews; hash seed, number of jobs and place change nothing."""
    settings = {**TOY, "rounds": 2, "method": "auto-mc-reward", "candidates": 2, "target": 1.0}
    first = search(Writer([misspelt(REACH), searches.ABSOLUTE, REACH], REACH), tmp_path / "a", **settings)
    about = {json.loads(each)[0]["about"] for each in questions(first).values()}
    assert {"r1c1", "r1c2", "r2c1"} <= about
    assert any(name.endswith(".review") for name in about)
    assert any(name.endswith(".analysis") for name in about)
    done = replay(first.folder, tmp_path / "elsewhere", "--jobs", "1", "--json", PYTHONHASHSEED="7")
    assert done.returncode in (0, 1), done.stderr
    assert json.loads(done.stdout)["cost_usd"] == 0
    second = newest(tmp_path / "elsewhere")
    the_same(first, second)
    assert first.cost_usd is None  # nobody knows what the server takes
    shutil.rmtree(first.folder)  # the replay is a record of its own
    assert main(["run", "--replay", str(second.folder), "--runs-dir", str(tmp_path / "c"), "--display", "none"]) < 2
    the_same(second, newest(tmp_path / "c"))


def test_a_search_that_a_budget_ended_is_replayed_to_where_it_ended_and_goes_on_as_it_did(tmp_path, key):
    """Each answer costs $1.37, and $1.64 at most: two of three drafts fit into $4."""
    limits = {"max_cost": 4.0, "price": (1000.0, 1000.0), "answer_tokens": 200}
    settings = {**TOY, "rounds": 2, "candidates": 3, "repairs": 0, "target": 1.0, **limits}
    with serving(Writer([REACH, searches.ABSOLUTE, REACH, searches.ABSOLUTE], REACH)) as server:
        first = start(config_for(None, {"model": "openai/writer", "base_url": server.url, **settings}), tmp_path / "a")
        assert first.finished.reason == "budget"
        assert len(questions(first)) == 2
        assert main(["run", "--replay", str(first.folder), "--runs-dir", str(tmp_path / "b"), "--display", "none"]) == 3
        assert len(server.requests) == 2
        second = newest(tmp_path / "b")
        the_same(first, second)
        assert second.finished.budget == first.finished.budget
        assert (first.cost_usd, second.cost_usd) == (pytest.approx(2 * 1.37), 0)
        first = resume(first.folder, changes={"max_cost": 100.0})
        asked = len(server.requests)
        assert asked == len(questions(first)) == 5
        second = resume(second.folder, changes={"max_cost": 100.0})
        assert len(server.requests) == asked
    the_same(first, second)
    assert second.cost_usd == 0


@pytest.mark.long
@pytest.mark.parametrize("method", [name for name in method_names() if name != "auto-mc-reward"])
def test_every_method_is_replayed_to_the_byte(tmp_path, key, method):
    drafts = [
        misspelt(REACH),
        searches.ABSOLUTE,
        REACH,
        searches.ABSOLUTE.replace("-4", "-6"),
        REACH.replace("5 *", "4 *"),
    ]
    settings = {**TOY, "rounds": 3, "candidates": 3, "steps": 3_000, "method": method, "target": 1.0}
    first = search(Writer(drafts, REACH), tmp_path / "a", **settings)
    done = replay(first.folder, tmp_path / "b", "--jobs", "1", "--json", PYTHONHASHSEED="7")
    assert done.returncode in (0, 1), done.stderr
    the_same(first, newest(tmp_path / "b"))


@pytest.mark.long
def test_a_search_on_meta_world_is_replayed_to_the_byte(tmp_path, key):
    settings = {**DRAWER, "rounds": 2, "steps": 20_000, "method": "auto-mc-reward", "candidates": 2, "target": 1.0}
    writer = Writer([misspelt(searches.PUSH), searches.PROGRESS, searches.PUSH], searches.PUSH)
    first = search(writer, tmp_path / "a", **settings)
    done = replay(first.folder, tmp_path / "b", "--jobs", "1", "--json", PYTHONHASHSEED="7")
    assert done.returncode in (0, 1), done.stderr
    the_same(first, newest(tmp_path / "b"))


def cut(name: str, to: Path, about: str) -> Path:
    """A copy of a recorded search that lacks the answer for one candidate."""
    folder = to / "recorded"
    shutil.copytree(RECORDED / name, folder)
    (path,) = [path for path in folder.glob("llm/*.json") if json.loads(path.read_text())["about"] == about]
    path.unlink()
    return folder


def test_a_question_that_was_not_asked_ends_the_run_in_order_and_the_model_fills_the_gap(
    tmp_path, keyless, capsys, monkeypatch
):
    monkeypatch.setattr(patience, "FIRST_WAIT_S", 0.01)
    source, runs = cut("toy-two-rounds", tmp_path, "r2c1"), tmp_path / "runs"
    words = ["--runs-dir", str(runs), "--display", "none"]
    assert main(["run", "--replay", str(source), *words]) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert "recorded holds no answer to the question for r2c1: it was asked about r1c1, r1c2, r2c2." in line
    assert "--ask" in line
    assert line.endswith(f"text2reward resume {newest(runs).folder}")
    assert newest(runs).status == "interrupted"
    assert main(["resume", "latest", *words, "--ask"]) == 2
    assert "cannot be reached (ConnectError), 6 times" in capsys.readouterr().err
    with serving(answer(searches.said("I reach.", REACH)), port=_port_of(source)) as server:
        assert main(["resume", "latest", *words, "--ask"]) in (0, 1)
    assert len(server.requests) == 1
    run = newest(runs)
    assert [event.replayed for event in run.events(Asked) if event.candidate == "r2c1"] == [False]
    assert set(questions(run)) > set(questions(load(source)))
    assert run.finished


def _port_of(source: Path) -> int:
    return int(load(source).config["base_url"].split(":")[2].split("/")[0])


def test_what_replaces_a_model_and_what_does_not_go_together_is_told(tmp_path, keyless, capsys):
    words = ["--runs-dir", str(tmp_path), "--display", "none"]
    source = str(RECORDED / "toy-two-rounds")
    assert main(["run", "--replay", "nowhere", *words]) == 2
    assert "There is no run 'nowhere'" in capsys.readouterr().err
    assert main(["run", "--replay", source, "--replay-or-ask", source, *words]) == 2
    assert "--replay does not go with --replay-or-ask" in capsys.readouterr().err
    assert main(["run", "--replay", source, "--model", "openai/other", *words]) == 2
    assert "the model there is 'openai/writer', here 'openai/other'" in capsys.readouterr().err
    assert main(["run", "--replay", source, "--temperature", "0.5", *words]) == 2
    assert 'the sampling there is {}, here {"temperature": 0.5}' in capsys.readouterr().err
    assert main(["run", "Stay away from the goal.", "--replay", source, *words]) == 2
    said = capsys.readouterr().err
    assert "for r1c1: message 2 of 2 (user) differs in line 3: there 'Move the hand to the goal.'" in said
    assert "here 'Stay away from the goal.'" in said


class Live:
    name, sampling, parallel = "openai/x", {"temperature": 0.5}, True

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    def ask(self, messages, about):
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


MESSAGES = [Message("system", "s"), Message("user", "one\ntwo\nthree")]


@pytest.fixture
def run(tmp_path):
    """The folder of a run that was asked about r1c1, and got no answer about r1c2."""
    live = Live(Answer("Hi.", Usage(10, 2, 5), unsure=1), ModelError("The server is gone.", "Look for it."))
    exchanges = Exchanges(live, tmp_path / "llm", lambda event: None)
    exchanges.ask(MESSAGES, "r1c1")
    with pytest.raises(ModelError):
        exchanges.ask(MESSAGES, "r1c2")
    return tmp_path


def test_an_answer_is_replayed_for_nothing_and_is_marked(run, tmp_path):
    told = []
    exchanges = Exchanges(Replay(run, "openai/x", {"temperature": 0.5}), tmp_path / "new", told.append)
    key, answer = exchanges.ask(MESSAGES, "r1c1")
    assert (answer.text, answer.replayed, answer.usage.tokens_cached) == ("Hi.", run.name, 5)
    assert (told[0].cost_usd, told[0].unsure, told[0].seconds, told[0].replayed) == (0, 1, 0, True)
    assert (tmp_path / "new" / f"{key}.json").is_file()


def test_a_question_without_an_answer_has_none_again_and_the_same_reason(run):
    with pytest.raises(ModelError, match=r"got no answer here either: The server is gone\. Look for it\."):
        Replay(run, "openai/x", {"temperature": 0.5}).ask(MESSAGES, "r1c2")
    live = Live(Answer("Now."))
    assert Replay(run, "openai/x", {"temperature": 0.5}, lambda: live).ask(MESSAGES, "r1c2").text == "Now."


def test_the_model_is_made_only_where_the_record_ends(run):
    made = []

    def make():
        made.append(Live(Answer("a"), Answer("b")))
        return made[-1]

    model = Replay(run, "openai/x", {"temperature": 0.5}, make)
    assert model.ask(MESSAGES, "r1c1").text == "Hi."
    assert made == []
    assert [model.ask(MESSAGES, name).text for name in ("r2c1", "r2c2")] == ["a", "b"]
    assert len(made) == 1


LONG = "x" * 300
DIFFERENT = {
    "a line": ([MESSAGES[0], Message("user", "one\n2\nthree")], "message 2 of 2 (user) differs in line 2: there 'two'"),
    "late in a line": ([MESSAGES[0], Message("user", "one\ntwo\nthree" + LONG + "!")], "differs in line 3"),
    "a line more": ([MESSAGES[0], Message("user", "one\ntwo\nthree\nfour")], "there nothing, here 'four'"),
    "a message more": ([*MESSAGES, Message("user", "more")], "there the conversation has 2 messages, here 3"),
    "a role": ([MESSAGES[0], Message("assistant", "one\ntwo\nthree")], "there it is the user's"),
    "white space": ([MESSAGES[0], Message("user", "one\ntwo \nthree")], "there 'two', here 'two '"),
}


@pytest.mark.parametrize(("messages", "said"), DIFFERENT.values(), ids=DIFFERENT)
def test_the_first_difference_is_told(run, messages, said):
    with pytest.raises(ReplayError, match="holds no answer to the question for r1c1") as raised:
        Replay(run, "openai/x", {"temperature": 0.5}).ask(messages, "r1c1")
    assert said in str(raised.value)
    assert len(str(raised.value)) < 500


def test_pictures_are_kept_by_name_and_other_pictures_are_another_question(tmp_path):
    def shown(data: bytes) -> list[Message]:
        return [Message("user", "Look.", (Picture("first, 1 of 1", data),))]

    exchanges = Exchanges(Live(Answer("Hi."), ModelError("It is blind.", "")), tmp_path / "llm", lambda event: None)
    exchanges.ask(shown(b"\xff\xd8\xff1"), "opinion.a-b.1")
    with pytest.raises(ModelError):
        exchanges.ask(shown(b"\xff\xd8\xff2"), "opinion.b-a.1")
    texts = [path.read_text() for path in (tmp_path / "llm").glob("*.json")]
    assert len(texts) == 2
    assert not any("base64" in text for text in texts)
    replayed = Replay(tmp_path, "openai/x", {"temperature": 0.5})
    assert replayed.ask(shown(b"\xff\xd8\xff1"), "opinion.a-b.1").text == "Hi."
    with pytest.raises(ReplayError, match="message 1 of 1 \\(user\\) differs: other pictures are shown"):
        replayed.ask(shown(b"\xff\xd8\xff3"), "opinion.a-b.1")


def test_an_exchange_that_was_changed_is_refused(run):
    (path,) = [path for path in (run / "llm").glob("*.json") if "failed" not in path.name]
    path.write_text(path.read_text().replace("one", "eins"))
    with pytest.raises(RecordError, match="was changed"):
        Replay(run, "openai/x", {"temperature": 0.5}).ask(MESSAGES, "r1c1")


DAMAGE = {
    "half": lambda text: text[: len(text) // 2],
    "a list": lambda text: "[]",
    "without answer": lambda text: text.replace('"answer"', '"reply"'),
    "without usage": lambda text: text.replace('"usage"', '"used"'),
    "nested": lambda text: "[" * 100_000,
    "seconds of 400 digits": lambda text: re.sub(r'"seconds": [\d.]+', '"seconds": ' + "9" * 400, text),
    "seconds without end": lambda text: re.sub(r'"seconds": [\d.]+', '"seconds": Infinity', text),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_an_exchange_that_is_damaged_is_refused_by_who_replays_it_and_by_who_goes_on(run, damage):
    (path,) = [path for path in (run / "llm").glob("*.json") if "failed" not in path.name]
    path.write_text(damage(path.read_text()))
    with pytest.raises(RecordError, match="Cannot read"):
        Replay(run, "openai/x", {"temperature": 0.5}).ask(MESSAGES, "r1c1")
    again = Exchanges(Live(Answer("Again.")), run / "llm", lambda event: None)
    for act in (again.recall, lambda: again.ask(MESSAGES, "r1c1")):
        with pytest.raises(RecordError, match="or delete it: then the question is asked again"):
            act()
    path.unlink()
    assert again.ask(MESSAGES, "r1c1")[1].text == "Again."


def test_without_a_key_a_gap_is_told_and_no_rules_stand_in(run):
    def make():
        raise ModelError("No key.", "Set one.")

    with pytest.raises(ReplayError, match=r"No key\. Set one\."):
        Replay(run, "openai/x", {"temperature": 0.5}, make).ask(MESSAGES, "r1c1.review")


def test_a_replay_takes_the_copies_that_the_run_keeps_and_others_do_not_replay(tmp_path):
    source = records.finished_run(tmp_path, init="/gone/mine.py", replay="/gone/run", judge="person").folder
    (source / "init.py").write_text(REACH)
    settings = _defaults(["run", "--replay", str(source)])
    assert (settings.init, settings.judge, settings.env) == (str(source / "init.py"), "person", "toy:TASK")
    assert settings.replay is None  # the flag says which run is replayed, and not the run itself
    again = _defaults(["refine", str(source), "slower"])
    assert (again.replay, again.replay_or_ask) == (None, None)
    assert _defaults(["run", "--config", str(source / "config.json")]).replay == "/gone/run"


def test_addresses_in_memory_do_not_reach_a_prompt():
    assert steady("<function f at 0x7f3eb65b0400> and 0xff") == "<function f at 0x...> and 0xff"
