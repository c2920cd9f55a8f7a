"""Every exchange with a model is kept under what was asked, so that nothing is asked twice."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from text2reward.agent.language_model import Answer, LanguageModel, Message
from text2reward.record.atomic import write_bytes, write_json
from text2reward.record.events import Asked

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
    """

    def __init__(self, model: LanguageModel, folder: Path, tell: Callable[[Asked], None]) -> None:
        self.model = model
        self._turn = contextlib.nullcontext() if model.parallel else threading.Lock()
        self._writing = threading.Lock()
        self._folder = folder
        self._tell = tell

    def ask(self, messages: Sequence[Message], about: str) -> tuple[str, Answer]:
        """The exchange's key and the answer, from the record where this was asked before.

        Args:
            messages: the conversation.
            about: the candidate the answer is for; part of the key, so that K drafts are K answers.
        """
        asked = {
            "model": self.model.name,
            "sampling": self.model.sampling,
            "about": about,
            "messages": [message.to_record() for message in messages],
        }
        key = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
        if not self._path(key).is_file():
            began = time.monotonic()
            with self._turn:
                answer = self.model.ask(messages, about)
            seconds = round(time.monotonic() - began, 3)
            self._keep_pictures(messages)
            write_json(self._path(key), {**asked, "answer": answer.to_json(), "seconds": seconds})
        answer, seconds = self._read(key)
        usage = answer.usage
        self._tell(Asked(key, about, self.model.name, usage.tokens_in, usage.tokens_out, usage.cost_usd, seconds))
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

    def _read(self, key: str) -> tuple[Answer, float]:
        """The answer, and the seconds it took."""
        exchange = json.loads(self._path(key).read_text(encoding="utf-8"))
        return Answer.from_json(exchange["answer"]), exchange["seconds"]

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"
