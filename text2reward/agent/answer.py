"""Getting the program out of a model's answer."""

from __future__ import annotations

import re

from text2reward.record.finding import Finding

MAX_ANSWER = 200_000
_FENCES = ("```", "~~~")
_FILTERED = "content_filter"
_ENTRY = "def compute_reward"


def extract_program(text: str, finish: str) -> tuple[str | None, list[Finding]]:
    """The program in an answer, and what is wrong with the answer.

    Args:
        text: the answer.
        finish: why the model stopped; ``length`` means it was cut off, ``content_filter`` that it was withheld.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")[:MAX_ANSWER]
    if finish == _FILTERED and _ENTRY not in text:
        said = "the provider's content filter withheld the answer; write the program in plain words, without remarks"
        return None, [Finding("withheld", said)]
    if not text.strip():
        return None, [Finding("empty-answer", "the answer is empty; write the program in one Python code block")]
    blocks, unclosed = _blocks(text)
    programs = [block for block in blocks if _ENTRY in block]
    if len(programs) > 1:
        chosen = programs[-1]
        note = f"the answer holds {len(programs)} programs; the last one is used"
        return _tidy(chosen), [Finding("several-programs", note, level="warning")]
    if programs:
        return _tidy(programs[0]), []
    if finish == "length":
        return None, [Finding("cut-off", "the answer was cut off before the program was complete; write a shorter one")]
    if _ENTRY in text:
        return _without_block(text, unclosed)
    if blocks:
        return None, [Finding("no-program", f"no code block of the answer has `{_ENTRY}(state, action, prev)`")]
    return None, [Finding("no-program", "the answer has no code block; write the program in one Python code block")]


def _blocks(text: str) -> tuple[list[str], str]:
    """The fenced blocks of a text, and what stands in a last one that is never closed."""
    blocks: list[str] = []
    inside: list[str] | None = None
    for line in text.split("\n"):
        stripped = line.strip()
        if inside is None:
            inside = [] if stripped.startswith(_FENCES) else None
        elif stripped in _FENCES:
            blocks.append("\n".join(inside))
            inside = None
        else:
            inside.append(line)
    return blocks, "\n".join(inside or [])


def _without_block(text: str, unclosed: str) -> tuple[str | None, list[Finding]]:
    """A program in a block that is never closed, or in an answer that is nothing but code."""
    if _ENTRY in unclosed:
        return _tidy(unclosed), []
    first = text.lstrip().split("\n", 1)[0]
    if first.startswith(("import ", "from ", "def ", "#", '"""')):
        return _tidy(text), []
    return None, [Finding("no-program", "the program is not in a code block; write it in one Python code block")]


def _tidy(program: str) -> str:
    lines = [line.rstrip() for line in program.expandtabs(4).strip("\n").split("\n")]
    indent = min((len(line) - len(line.lstrip()) for line in lines if line), default=0)
    return "\n".join(line[indent:] for line in lines).strip("\n") + "\n"


def first_sentences(text: str, limit: int = 300) -> str:
    """What the model says it did: its words before the code, shortened."""
    before = re.split(r"```|~~~|^import |^def ", text, maxsplit=1, flags=re.MULTILINE)[0]
    flat = " ".join("".join(c if c.isprintable() else " " for c in before).split())
    return flat if len(flat) <= limit else flat[: limit - 1].rsplit(" ", 1)[0] + "…"
