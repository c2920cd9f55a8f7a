"""What ``--redact`` names is neither sent nor kept, and what was sent is what was kept."""

from __future__ import annotations

import json

import pytest
import toy
from protocol_server import answer, serving

from text2reward.agent.command_line import command_line
from text2reward.agent.config import config_for
from text2reward.agent.redaction import hidden_json
from text2reward.agent.run import resume, start
from text2reward.cli import main
from text2reward.errors import RecordError, UserError
from text2reward.record.events import Heard, Trained
from text2reward.record.feedback import Comment, append, read
from text2reward.record.hiding import MARK, Hiding
from text2reward.record.question import key_of
from text2reward.record.reader import list_runs, load

SECRET = "Acme Robotics"
QUICK = {
    "env": "toy:TASK",
    "steps": 1_500,
    "held_out": 5,
    "jobs": 2,
    "candidates": 1,
    "rounds": 2,
    "human": "async",
    "target": 1.0,
    "model": "openai/writer",
    "ppo": {"n_envs": 8, "n_steps": 32, "batch_size": 64},
}


def test_what_is_hidden_is_neither_sent_nor_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    patterns = tmp_path / "patterns.txt"
    patterns.write_text("Acme \\w+\n\n")
    program = toy.REACH.replace('"""Reach."""', f'"""Reach, for {SECRET}."""')

    def watch(event):
        if isinstance(event, Trained) and event.candidate == "r1c1":
            append(list_runs(tmp_path / "runs")[0], Comment(f"As {SECRET} does it", "r1c1"), "anna")

    with serving(answer(f"For {SECRET} I reach.\n\n```python\n{program}```")) as server:
        settings = {**QUICK, "base_url": server.url, "redact": (f"@{patterns}", "b[o0]b")}
        run = start(config_for(f"Reach for {SECRET}, bob.", settings), tmp_path / "runs", watch)
    assert SECRET not in str(server.requests)
    assert f"Reach for {MARK}, {MARK}." in server.requests[0]["messages"][1]["content"]
    assert f"As {MARK} does it" in server.requests[-1]["messages"][-1]["content"]
    assert [quote.text for event in run.events(Heard) for quote in event.quotes] == [f"As {MARK} does it"]
    assert read(run.folder)[0].said.text == f"As {MARK} does it"
    files = [path for path in run.folder.rglob("*") if path.is_file()]
    assert [str(path) for path in files if SECRET.encode() in path.read_bytes()] == []
    for path in (run.folder / "llm").glob("*.json"):  # what was sent is what is kept, and what its name says
        data = json.loads(path.read_text())
        asked = {name: data[name] for name in ("model", "sampling", "about", "messages")}
        assert key_of(asked) == path.stem
        assert data["messages"] in [body["messages"] for body in server.requests]
    assert run.config["redact"] == [f"@{patterns}", "b[o0]b"]
    assert "--redact=@" in run.started.command
    assert resume(run.folder).finished
    assert main(["run", "--replay", str(run.folder), "--runs-dir", str(tmp_path / "again"), "--display", "none"]) < 2
    again = load(list_runs(tmp_path / "again")[0])
    assert list(again.events(Heard)) == list(run.events(Heard))  # what people said is played again as well
    assert [c.program for c in again.candidates.values()] == [c.program for c in run.candidates.values()]


def test_patterns_may_come_from_a_file_that_another_program_marked(tmp_path):
    (tmp_path / "patterns.txt").write_bytes(b"\xef\xbb\xbfAcme \\w+\n")
    assert Hiding((f"@{tmp_path}/patterns.txt",))(SECRET) == MARK
    (tmp_path / "patterns.txt").write_text("\n")
    with pytest.raises(UserError, match="There are no patterns in"):
        Hiding((f"@{tmp_path}/patterns.txt",))


def test_what_people_say_of_a_run_is_hidden_as_the_run_says(tmp_path):
    (tmp_path / "config.json").write_text('{"redact": ["Acme \\\\w+"]}')
    assert append(tmp_path, Comment("x", "r1c1", tags=(SECRET, "slow")), "anna").said.tags == (MARK, "slow")
    with pytest.raises(ValueError, match="name holds what is hidden"):
        append(tmp_path, Comment("x", "r1c1"), SECRET)
    (tmp_path / "config.json").write_text('{"redact": ')
    with pytest.raises(RecordError, match=r"config\.json cannot be read, and it says what is to be hidden"):
        append(tmp_path, Comment(SECRET, "r1c1"), "anna")
    assert SECRET not in (tmp_path / "feedback.jsonl").read_text()


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("Acme (", "is no regular expression"),
        ("x*", "hides everything"),
        ("hidden", "the mark [hidden] itself"),
        ("@/no/such/file", "Cannot read the patterns in /no/such/file"),
    ],
)
def test_a_bad_pattern_is_told(pattern, said, tmp_path, capsys):
    words = ["run", "--env", "toy:TASK", f"--redact={pattern}", "--runs-dir", str(tmp_path / "x"), "--display", "none"]
    assert main(words) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_a_program_of_ones_own_that_holds_it_is_refused(tmp_path, capsys):
    path = tmp_path / "mine.py"
    path.write_text(toy.REACH + f"# by {SECRET}\n")
    words = ["run", "--env", "toy:TASK", "--init", str(path), "--redact", "Acme", "--runs-dir", str(tmp_path / "x")]
    assert main([*words, "--display", "none"]) == 2
    assert f"{path}, line {len(toy.REACH.splitlines()) + 1}, holds what is to be hidden" in capsys.readouterr().err


def test_examples_of_earlier_runs_are_hidden_before_they_are_kept():
    text = json.dumps([{"program": f'"""For {SECRET}, "bob"."""', "steps": 3, "fields": [SECRET, "cube.pos"]}])
    hidden = hidden_json(text, Hiding(("Acme", '"bob"')))
    assert json.loads(hidden)[0]["program"].count(MARK) == 2
    assert json.loads(hidden)[0]["fields"][1] == "cube.pos"
    assert "Acme" not in hidden


def test_patterns_are_given_one_at_a_time():
    config = config_for("x", {"env": "toy:TASK", "redact": ("a b", "@/c")})
    assert command_line(config).count("--redact") == 2
    with pytest.raises(UserError):
        Hiding(("(",))
    assert Hiding(("b+",), ["secret-key"])("abba secret-key") == f"a{MARK}a {MARK}"
