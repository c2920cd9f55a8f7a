from __future__ import annotations

import pytest

from text2reward.agent.answer import extract_program, first_sentences

PROGRAM = "import torch\n\n\ndef compute_reward(state, action, prev):\n    return {}\n"


def block(code: str, fence: str = "```", language: str = "python") -> str:
    return f"{fence}{language}\n{code}{fence}\n"


@pytest.mark.parametrize(
    "text",
    [
        block(PROGRAM),
        "The plan is simple.\n\n" + block(PROGRAM) + "\nGood luck!",
        block(PROGRAM, "~~~"),
        block(PROGRAM, language=""),
        block(PROGRAM, language="py"),
        block("x = 1\n") + block(PROGRAM),
        PROGRAM,
        "```python\n" + PROGRAM,
        block(PROGRAM).replace("\n", "\r\n"),
        "  " + block(PROGRAM).replace("\n", "\n  "),
    ],
    ids="plain talk tilde bare py two-blocks no-block unclosed crlf indented".split(),
)
def test_the_program_is_found(text):
    assert extract_program(text, "stop") == (PROGRAM, [])


def test_of_two_programs_the_last_is_used_and_said_so():
    other = PROGRAM.replace("{}", "{1: 1}")
    program, findings = extract_program(block(other) + block(PROGRAM), "stop")
    assert program == PROGRAM
    assert [(f.name, f.level) for f in findings] == [("several-programs", "warning")]


@pytest.mark.parametrize(
    ("text", "finish", "name"),
    [
        ("", "stop", "empty-answer"),
        ("  \n ", "stop", "empty-answer"),
        ("I cannot help with that.", "stop", "no-program"),
        (block("print('hello')\n"), "stop", "no-program"),
        ("Use `def compute_reward` like this.", "stop", "no-program"),
        ("Let me think about", "length", "cut-off"),
    ],
)
def test_an_answer_without_a_program_is_a_finding(text, finish, name):
    program, findings = extract_program(text, finish)
    assert program is None
    assert [finding.name for finding in findings] == [name]


def test_the_note_is_the_models_words_without_control_sequences():
    note = first_sentences("Reach \x1b[31mfirst,\nthen push.\n\n" + block(PROGRAM))
    assert note == "Reach [31mfirst, then push."
    assert len(first_sentences("word " * 1000)) <= 300
