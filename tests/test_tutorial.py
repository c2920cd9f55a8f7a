"""docs/your-robot.md does what it says: its files are written, its commands run, and their answers compared."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from text2reward.agent.composer.world import World, understand
from text2reward.envs import get_task

PAGE = Path(__file__).parents[1] / "docs" / "your-robot.md"
CHAPTERS = {"pusher": "## Gymnasium's Pusher", "crane": "## A crane of your own"}
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$|^\*The test adds `(.*?)` to the first of the two\.\*$", re.M | re.S)


def blocks(name: str) -> list[tuple[str, str]]:
    """Language and text of each block of a chapter; flags that the test adds are of the language ``added``."""
    text = PAGE.read_text().split(CHAPTERS[name])[1].split("\n## ")[0]
    return [("added", flags) if flags else (language, body) for language, body, flags in BLOCK.findall(text)]


def write(body: str, folder: Path) -> None:
    """A file, named in its first line."""
    first, _, rest = body.partition("\n")
    (folder / first.strip("#<>!- ")).write_text(rest)


def ask(line: str, folder: Path, added: str = "") -> str:
    words = [*shlex.split(line), *added.split()]
    assert words.pop(0) == "text2reward"
    done = subprocess.run(
        [sys.executable, "-m", "text2reward", *words], capture_output=True, text=True, cwd=folder, env=dict(os.environ)
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr  # 1: a short training misses its target
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.fixture
def importing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in ("pusher", "crane", "crane_env"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("name", CHAPTERS)
def test_files_can_be_written_and_checked(name, tmp_path):
    said = ""
    for language, body in blocks(name):
        if language in ("python", "xml"):
            write(body, tmp_path)
        elif language == "sh" and "text2reward run" not in body:
            said = "".join(ask(line, tmp_path) for line in body.splitlines())
        elif language == "text" and not body.startswith("error:"):
            assert said == body
    if name == "pusher":
        assert (tmp_path / "pusher.png").read_bytes().startswith(b"\x89PNG")


def test_the_mistake_that_is_shown_is_explained_like_that(tmp_path):
    for language, body in blocks("pusher"):
        if language == "python":
            write(body.replace("obs[20:23]", "obs[20:24]"), tmp_path)
        elif language == "text" and body.startswith("error:"):
            assert ask("text2reward envs check pusher:TASK", tmp_path).startswith(body)


@pytest.mark.long
@pytest.mark.parametrize("name", CHAPTERS)
def test_a_policy_is_trained(name, tmp_path):
    found = blocks(name)
    for language, body in found:
        if language in ("python", "xml"):
            write(body, tmp_path)
    (added,) = (body for language, body in found if language == "added")
    (lines,) = (body.splitlines() for language, body in found if language == "sh" and "text2reward run" in body)
    assert "policy" in ask(lines[0], tmp_path, added)
    assert ask(lines[1], tmp_path)


@pytest.mark.parametrize("name", CHAPTERS)
def test_it_is_as_short_as_promised(name):
    found = blocks(name)
    task = [body for language, body in found if language == "python"][-1]
    assert len(task.splitlines()) - 1 <= 30  # the first line names the file
    assert sum(len(body.splitlines()) for language, body in found if language == "sh") <= 6


def test_the_composer_finds_its_way(importing):
    worlds = {}
    for name in CHAPTERS:
        for language, body in blocks(name):
            if language in ("python", "xml"):
                write(body, importing)
        task = get_task(f"{name}:TASK")
        worlds[name] = understand(task.fields, task.instruction, task.action.size)
    assert worlds == {
        "pusher": World("robot.ee_pos", None, "object.pos", "goal.pos", "push", 7),
        "crane": World("robot.ee_pos", None, None, "goal.pos", "reach", 3),
    }
