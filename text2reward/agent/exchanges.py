"""Every exchange with a model is kept under what was asked, so that nothing is asked twice."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from text2reward.agent.language_model import Answer, LanguageModel, Message
from text2reward.errors import ModelError
from text2reward.record.atomic import write_bytes, write_json
from text2reward.record.events import Asked
from text2reward.record.hiding import Hiding

LLM = "llm"
"""The folder of a run's exchanges."""


def question(model: LanguageModel, messages: Sequence[Message], about: str) -> dict[str, Any]:
    """All that an answer depends on, as plain data."""
    return {
        "model": model.name,
        "sampling": model.sampling,
        "about": about,
        "messages": [message.to_record() for message in messages],
    }


def key_of(asked: dict[str, Any]) -> str:
    """The name under which the answer to a question is kept."""
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


def failed_file(folder: Path, key: str) -> Path:
    """Where it stands that a question got no answer, and why."""
    return folder / f"{key}.failed.json"


LLM = "llm"
"""The folder of a run's exchanges."""

PICTURES = "pictures"
"""Folder beside the exchanges: what a model was shown, each file named after its content."""


class Exchanges:
    """A language model with a memory on disk.

    Args:
        model: who is asked.
        folder: where the exchanges lie, one file each, and the pictures that were shown.
        tell: called with an :class:`Asked` event after each exchange, from the record or not.
        hiding: what is neither sent nor kept.
    """

    def __init__(
        self, model: LanguageModel, folder: Path, tell: Callable[[Asked], None], hiding: Hiding | None = None
    ) -> None:
        self.model = model
        self._turn = contextlib.nullcontext() if model.parallel else threading.Lock()
        self._writing = threading.Lock()
        self._folder = folder
        self._tell = tell
        self._hiding = hiding or Hiding()

    def ask(self, messages: Sequence[Message], about: str) -> tuple[str, Answer]:
        """The exchange's key and the answer, from the record where this was asked before.

        Args:
            messages: the conversation.
            about: the candidate the answer is for; part of the key, so that K drafts are K answers.

        Raises:
            ModelError: no answer can be had; that is kept as well.
            ReplayError: the record that answers in place of a model holds no answer.
        """
        hidden = [replace(message, content=self._hiding(message.content)) for message in messages]
        asked = question(self.model, hidden, about)
        key = key_of(asked)
        if not self._path(key).is_file():
            began = time.monotonic()
            with self._turn:
                answer = self._asked(asked, hidden, about)
            seconds = 0.0 if answer.replayed else round(time.monotonic() - began, 3)
            self._keep_pictures(messages)
            write_json(self._path(key), {**asked, "answer": answer.to_json(), "seconds": seconds})
        answer, seconds = self._read(key)
        usage = answer.usage
        cost = 0.0 if answer.replayed else usage.cost_usd
        self._tell(
            Asked(
                *(key, about, self.model.name, usage.tokens_in, usage.tokens_out, cost, seconds),
                unsure=0 if answer.replayed else answer.unsure,
                replayed=bool(answer.replayed),
            )
        )
        return key, answer

    def said(self, key: str) -> str:
        """The text of the answer in an earlier exchange."""
        return self._read(key)[0].text

    def _keep_pictures(self, messages: Sequence[Message]) -> None:
        with self._writing:  # two questions may show the same picture
            for picture in (picture for message in messages for picture in message.pictures):
                path = self._folder / PICTURES / picture.file
                if not path.is_file():
                    write_bytes(path, picture.data)

    def _asked(self, asked: dict[str, Any], messages: Sequence[Message], about: str) -> Answer:
        try:
            answer = self.model.ask(messages, about)
        except ModelError as error:
            told = self._hiding(error.message), self._hiding(error.hint)
            failure = {"message": told[0], "hint": told[1]}
            write_json(failed_file(self._folder, key_of(asked)), {**asked, "failure": failure})
            raise ModelError(*told) from None
        return replace(answer, text=self._hiding(answer.text))

    def _read(self, key: str) -> tuple[Answer, float]:
        """The answer, and the seconds it took."""
        exchange = json.loads(self._path(key).read_text(encoding="utf-8"))
        return Answer.from_json(exchange["answer"]), exchange["seconds"]

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"
