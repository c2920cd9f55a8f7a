"""What strangers wrote cannot give orders to the terminal it is shown in: through the real command line."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
import records
import toy

from text2reward.cli import main
from text2reward.record.events import Asked, Drafted, Heard, Interrupted, Opined, Quote
from text2reward.record.feedback import FEEDBACK
from text2reward.record.finding import Finding
from text2reward.record.opinion import Opinion
from text2reward.record.reader import load
from text2reward.record.writer import RecordWriter
from text2reward.terminal.console import GuardedConsole
from text2reward.terminal.guard import guard, printable
from text2reward.terminal.plain import PlainDisplay

TESTS = Path(__file__).parents[1]
ORDERS = {
    "title": "\x1b]0;pwned\x07",
    "clear": "\x1b[2J\x1b[H",
    "clipboard": "\x1b]52;c;cm0gLXJm\x1b\\",
    "one byte": "\x9b31m\x9d0;x\x9c",
    "overwrite": "kept\rgone",
    "bell and back": "\x07\x08\x08",
    "turn around": "\u202eelif.txt\u202c \u2066x\u2069",
    "hidden": "a\u200bb\ufeff",
    "line breaks": "a\u2028b\u2029c\x0b\x0c\x85d",
    "markup": "[bold][/x][link=http://evil/x]here[/link]",
    "half a letter": "\ud83d",
}
HOSTILE = "".join(ORDERS.values()).replace("\ud83d", "")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("text", ORDERS.values(), ids=ORDERS)
def test_no_order_is_left(text):
    assert all(letter.isprintable() for letter in printable(text))
    assert len(printable(text)) == len(text)


def test_plain_words_stay_as_they_are():
    text = "Schließe das Fenster. 窓を閉める 🤖\n\tA line.\r\nAnother\u00a0one."
    assert printable(text) == "Schließe das Fenster. 窓を閉める 🤖\n\tA line.\nAnother one."


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run in which everybody is hostile."""
    runs_dir = tmp_path_factory.mktemp("runs")
    program = toy.REACH.replace('"""Reach."""', f'"""Reach. {HOSTILE}"""')
    run = records.finished_run(runs_dir, program=program, instruction=f"Reach {HOSTILE}", model=f"openai/{HOSTILE}")
    writer = RecordWriter(run.folder)
    found = (Finding("raised", f"says {HOSTILE}", example=HOSTILE),)
    writer.append(Drafted("r2c1", 2, "r1c1", f"model {HOSTILE}", None, found, note=f"note {HOSTILE}"))
    writer.append(Asked("k", f"r2c1 {HOSTILE}", f"openai/{HOSTILE}", 1, 1, None, 1.0, left_out=(HOSTILE,)))
    writer.append(Heard(1, quotes=(Quote("x", f"anna {HOSTILE}", HOSTILE, (), HOSTILE),)))
    opinion = Opinion("r1c1", "r2c1", 5, ("first", "second"), (HOSTILE, HOSTILE))
    writer.append(Opined(1, f"openai/{HOSTILE}", (opinion,), problem=HOSTILE))
    writer.append(Interrupted(f"because {HOSTILE}"))
    writer.close()
    (run.folder / FEEDBACK).write_text(f"{HOSTILE}\n")
    return run


COMMANDS = {
    "show": ["show", "latest"],
    "show a candidate": ["show", "latest", "--candidate", "r1c1"],
    "show another": ["show", "latest", "--candidate", "r2c1"],
    "an unknown candidate": ["show", "latest", "--candidate", HOSTILE],
    "ls": ["ls"],
    "report": ["report", "latest"],
    "compare": ["compare", "latest:r1c1", "latest:r1c1"],
    "resume": ["resume", "latest"],
    "json": ["resume", "latest", "--json"],
    "films": ["films", "latest"],
    "rate": ["rate", "latest"],
    "opine": ["opine", "latest", "--vision", HOSTILE],
    "ledger": ["show", "latest", "--ledger"],
    "dry run": ["run", "--replay", "latest", "--dry-run"],
    "help": ["run", "--replay", "latest", "--help"],
    "unknown run": ["show", HOSTILE],
    "unknown flag": ["show", f"--{HOSTILE}"],
}


def words_of(name: str, runs_dir: Path) -> list[str]:
    return [sys.executable, "-m", "text2reward", *COMMANDS[name], "--runs-dir", str(runs_dir)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}", "TERM": "xterm-256color"}


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_passes_an_order_on(name, run):
    done = subprocess.run(words_of(name, run.folder.parent), capture_output=True, env=environment())
    shown = (done.stdout + done.stderr).decode("utf-8", "replace")
    assert shown.strip()
    assert "Traceback" not in shown
    assert "pwned" in shown or name not in ("show", "show a candidate", "show another", "unknown run")
    assert [letter for letter in shown if not letter.isprintable() and letter not in "\n\t"] == []


@pytest.mark.parametrize("name", ["show a candidate", "ls"])
def test_at_a_terminal_nothing_but_colours_is_added(name, run):
    read, write = pty.openpty()
    running = subprocess.Popen(words_of(name, run.folder.parent), stdout=write, stderr=write, env=environment())
    os.close(write)
    shown = b""
    while True:
        try:
            piece = os.read(read, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    running.wait()
    text = shown.decode("utf-8", "replace").replace("\r\n", "\n")
    assert COLOUR.search(text)  # it was drawn for a terminal
    plain = COLOUR.sub("", text)
    assert [letter for letter in plain if not letter.isprintable() and letter not in "\n\t"] == []


def test_the_displays_guard_what_they_are_told(run):
    from text2reward.terminal.live import LiveDisplay

    out = io.StringIO()
    plain = PlainDisplay(guard(out))
    console = GuardedConsole(io.StringIO(), force_terminal=True, width=120)
    live = LiveDisplay(console)
    for entry in load(run.folder).entries:
        for display in (plain, live):
            display(entry.event)
    live.close()
    assert "pwned" in out.getvalue()
    drawn = console.file.getvalue()
    for text in (out.getvalue(), re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", drawn)):
        assert [letter for letter in text if not letter.isprintable() and letter not in "\n\t"] == []
    assert "\x1b[2J" not in drawn


def test_no_link_is_drawn():
    read, write = pty.openpty()
    with os.fdopen(write, "w") as terminal:
        GuardedConsole(terminal, force_terminal=True).print("[link=http://evil/x]here[/link]")
        terminal.flush()
        assert os.read(read, 100).decode().strip() == "here"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_letters_that_a_terminal_does_not_know_are_question_marks(encoding, run):
    known = {**environment(), "PYTHONIOENCODING": encoding}
    done = subprocess.run(words_of("show", run.folder.parent), capture_output=True, env=known)
    assert done.returncode == 0
    assert b" ? openai/" in done.stdout or b" \xb7 openai/" in done.stdout
    assert done.stderr == b""


def test_nobody_may_listen(run):
    words = [*words_of("show", run.folder.parent)]
    done = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *words], capture_output=True, env=environment())
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_fault_of_the_product_itself_gives_no_orders(monkeypatch, capfd):
    def fail(words):
        raise RuntimeError(HOSTILE)

    monkeypatch.setattr("text2reward.cli._parse", fail)
    assert main([]) == 1
    told = capfd.readouterr().err
    assert all(letter.isprintable() or letter == "\n" for letter in told)
    assert "in fail" in told
    assert "please report" in told
