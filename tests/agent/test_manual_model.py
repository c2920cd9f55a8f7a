from __future__ import annotations

import io
import threading
import time

import pytest

from text2reward.agent.language_model import Message
from text2reward.agent.manual_model import ManualModel, as_text
from text2reward.agent.picture import Picture
from text2reward.errors import ModelError, UserError

MESSAGES = [Message("system", "Rules.\n"), Message("user", "Task.\n")]


def typed(tmp_path, text: str) -> str:
    return ManualModel(tmp_path, io.StringIO(text)).ask(MESSAGES, "r1c1").text


def test_the_prompt_is_saved_and_the_answer_pasted(tmp_path, capsys):
    assert typed(tmp_path, "My answer\nin two lines\n.\nmore\n") == "My answer\nin two lines\n"
    assert (tmp_path / "r1c1.prompt.md").read_text() == "Rules.\n\nTask.\n"
    assert (tmp_path / "r1c1.answer.md").read_text() == "My answer\nin two lines\n"
    assert str(tmp_path / "r1c1.prompt.md") in capsys.readouterr().err


def test_the_end_of_the_input_ends_an_answer(tmp_path):
    assert typed(tmp_path, "My answer") == "My answer"


def test_an_answer_can_be_named_as_a_file(tmp_path):
    (tmp_path / "mine.txt").write_text("From a file")
    assert typed(tmp_path, f"@{tmp_path}/mine.txt\n") == "From a file"
    assert ManualModel(tmp_path).ask(MESSAGES, "r1c1").text == "From a file"  # kept, so not asked again


def test_no_answer_says_how_to_be_asked_again(tmp_path):
    with pytest.raises(ModelError, match="Resume"):
        typed(tmp_path, "")
    with pytest.raises(UserError, match="Cannot read"):
        typed(tmp_path, "@/no/such/file\n")


def test_without_a_terminal_an_answer_file_is_waited_for(tmp_path):
    def write():
        prompt, answer = tmp_path / "r1c1.prompt.md", tmp_path / "r1c1.answer.md"
        while not prompt.exists():
            pass
        answer.touch()  # an editor that makes the file first
        time.sleep(0.6)
        answer.write_text("Late ")
        time.sleep(0.6)
        answer.write_text("Late answer")

    threading.Thread(target=write, daemon=True).start()
    assert ManualModel(tmp_path).ask(MESSAGES, "r1c1").text == "Late answer"


def test_a_longer_conversation_reads_as_one_text(tmp_path):
    later = [Message("assistant", "Mine.\n"), Message("user", "Errors.\n")]
    text = as_text([*MESSAGES, *later])
    assert text == (
        "Rules.\n\nTask.\n\n# Your earlier answer\n\nMine.\n\n# What came of it, and what to do now\n\nErrors.\n"
    )


def test_pictures_lie_beside_the_prompt_which_names_them(tmp_path):
    data = [b"\xff\xd8\xff" + bytes([i]) for i in range(2)]
    shown = tuple(Picture(f"first, {i} of 2", each) for i, each in enumerate(data, 1))
    ManualModel(tmp_path, io.StringIO("Mine\n.\n")).ask([Message("user", "Look.\n", shown)], "opinion.a-b.1")
    prompt = (tmp_path / "opinion.a-b.1.prompt.md").read_text()
    files = sorted(tmp_path.glob("*.jpg"))
    assert [path.read_bytes() for path in files] == data
    assert prompt.startswith("Look.\n")
    assert [line for line in prompt.splitlines() if ".jpg" in line] == [
        f"- first, {i} of 2: {path}" for i, path in enumerate(files, 1)
    ]
