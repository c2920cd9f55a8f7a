"""A person as the model: the prompt is saved and shown, the answer is pasted or read from a file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from text2reward.agent.language_model import Answer, Message
from text2reward.agent.letterbox import awaited, read_text, size_of
from text2reward.agent.picture import Picture
from text2reward.errors import ModelError
from text2reward.record.atomic import write_text
from text2reward.record.hiding import Hiding

_END = "."


class ManualModel:
    """Any chat window as the model.

    The prompt for candidate ``r1c2`` is written to ``manual/r1c2.prompt.md``, which names the pictures that go with it,
    if any; they lie beside it. The answer is taken from
    ``manual/r1c2.answer.md`` as soon as that file is there and has stopped growing. At a terminal it can also be
    pasted, ended by a line that holds a single dot, or named as ``@path``.

    Args:
        folder: where prompts and answers lie.
        terminal: where answers can be typed; None to wait for files only.
        hiding: what is not kept of an answer that is pasted.
    """

    name = "manual"
    parallel = False

    def __init__(self, folder: Path, terminal: TextIO | None = None, hiding: Hiding | None = None) -> None:
        self.sampling: dict[str, Any] = {}
        self._hiding = hiding or Hiding()
        self._folder = folder
        self._terminal = terminal

    def ask(self, messages: Sequence[Message], about: str) -> Answer:
        """See :meth:`LanguageModel.ask`.

        Raises:
            ModelError: the input ended without an answer.
            UserError: a file named as the answer cannot be read.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        prompt = self._folder / f"{about}.prompt.md"
        answer = self._folder / f"{about}.answer.md"
        pictures = [picture for message in messages for picture in message.pictures]
        for number, picture in enumerate(pictures, 1):
            self._picture(about, number, picture).write_bytes(picture.data)
        named = [f"- {each.name}: {self._picture(about, i, each)}" for i, each in enumerate(pictures, 1)]
        shown = "\n".join(["", "Attach these pictures, in this order:", "", *named, ""]) if pictures else ""
        prompt.write_text(as_text(messages) + shown, encoding="utf-8")
        if self._terminal is None or size_of(answer):
            return self._wait_for(prompt, answer)
        return self._typed(prompt, answer)

    def _picture(self, about: str, number: int, picture: Picture) -> Path:
        return self._folder / f"{about}.{number:02d}{Path(picture.file).suffix}"

    def _wait_for(self, prompt: Path, answer: Path) -> Answer:
        """The text of the answer's file, once it is not empty and has stopped growing."""
        if not size_of(answer):
            print(f"Waiting for an answer to {prompt}: write it to {answer}", file=sys.stderr, flush=True)
        return Answer(awaited(answer))

    def _typed(self, prompt: Path, answer: Path) -> Answer:
        print(
            f"\nThe prompt is in {prompt}\n"
            f"Paste the model's answer and end it with a line that holds a single dot, or type @PATH of a file:",
            file=sys.stderr,
            flush=True,
        )
        assert self._terminal is not None
        lines: list[str] = []
        for line in self._terminal:
            if line.rstrip("\n") == _END:
                break
            lines.append(line)
            if len(lines) == 1 and line.startswith("@"):
                break
        else:
            if not lines:
                raise ModelError("The input ended without an answer.", "Resume the run to be asked again.")
        text = "".join(lines)
        if text.startswith("@"):
            text = read_text(Path(text[1:].strip()).expanduser())
        text = self._hiding(text)
        write_text(answer, text)
        return Answer(text)


def as_text(messages: Sequence[Message]) -> str:
    """A conversation as one text that can be pasted into a chat window."""
    parts = [message.content for message in messages[:2]]
    for message in messages[2:]:
        head = "# Your earlier answer" if message.role == "assistant" else "# What came of it, and what to do now"
        parts.append(f"{head}\n\n{message.content}")
    return "\n".join(parts)
