"""A run's stored exchanges in place of a model: the same questions get the same answers, without a key or a network."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from text2reward.agent.exchanges import answer_in, failed_file, question, stored
from text2reward.agent.language_model import Answer, LanguageModel, Message
from text2reward.errors import ModelError, RecordError, UserError, shorten
from text2reward.record.question import ASKED, LLM, key_of

_LINE = 100
"""Characters of a line that differs."""


class ReplayError(UserError):
    """A question that the replayed run was not asked."""


class Replay:
    """Answers from a run's record.

    Args:
        source: the run's folder.
        name: the model's, as the user named it.
        sampling: its settings.
        otherwise: makes the model that is asked what the record does not hold; None where nobody is.
        parallel: whether that model may be asked several questions at once.
    """

    def __init__(
        self,
        source: Path,
        name: str,
        sampling: dict[str, Any],
        otherwise: Callable[[], LanguageModel] | None = None,
        parallel: bool = True,
    ) -> None:
        self.name, self.sampling, self.parallel = name, sampling, parallel
        self._source, self._otherwise = source, otherwise
        self._model: LanguageModel | None = None
        self._lock = threading.Lock()

    def ask(self, messages: Sequence[Message], about: str) -> Answer:
        """See :meth:`LanguageModel.ask`.

        Raises:
            ReplayError: this was not asked; says what differs.
            ModelError: the run got no answer either.
            RecordError: the exchange cannot be read.
        """
        asked = question(self, messages, about)
        key = key_of(asked)
        path = self._source / LLM / f"{key}.json"
        if path.is_file():
            return replace(answer_in(stored(path)), replayed=self._source.name)
        if self._otherwise is not None:
            return self._live(self._otherwise).ask(messages, about)
        failed = failed_file(self._source / LLM, key)
        if failed.is_file():
            failure = stored(failed)["failure"]
            raise ModelError(f"{self._source.name} got no answer here either: {failure['message']}", failure["hint"])
        raise ReplayError(
            f"{self._source.name} holds no answer to the question for {about}: {self._difference(asked)}.",
            "`text2reward resume RUN --ask` asks the model for what is missing.",
        )

    def _live(self, make: Callable[[], LanguageModel]) -> LanguageModel:
        with self._lock:
            if self._model is None:
                try:
                    self._model = make()
                except ModelError as error:  # a key is missing: nothing stands in for that
                    raise ReplayError(error.message, error.hint) from None
            return self._model

    def _difference(self, asked: dict[str, Any]) -> str:
        """How the question differs from the one that is most like it."""
        known = [each for each in self._known if each["about"] == asked["about"]]
        if not known:
            names = ", ".join(dict.fromkeys(each["about"] for each in self._known))
            return f"it was asked about {shorten(names)}" if names else "it was asked nothing"
        near = max(known, key=lambda each: (_alike(each, asked), key_of(_question(each))))
        for part in ("model", "sampling"):
            if near[part] != asked[part]:
                return f"the {part} there is {_plain(near[part])}, here {_plain(asked[part])}"
        return _first_difference(near["messages"], asked["messages"])

    @cached_property
    def _known(self) -> list[dict[str, Any]]:
        """All questions of the run, by candidate."""
        folder = self._source / LLM
        files = sorted(path for path in folder.glob("*.json") if not path.name.endswith(".failed.json"))
        return sorted(map(stored, files), key=lambda each: str(each["about"]))


def replayed_folder(source: str) -> Path:
    """The folder of the run that is replayed.

    Raises:
        RecordError: it is gone.
    """
    folder = Path(source)
    if not folder.is_dir():
        raise RecordError(f"The run that is replayed, {folder}, is gone.", "Put it back, or start the run anew.")
    return folder


def _question(exchange: dict[str, Any]) -> dict[str, Any]:
    return {name: exchange[name] for name in ASKED}


def _alike(known: dict[str, Any], asked: dict[str, Any]) -> tuple[int, int]:
    """How many messages, and then how many lines of the next one, are the same from the start."""
    pairs = list(zip(known["messages"], asked["messages"], strict=False))
    same = len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)))
    if same == len(pairs):
        return same, 0
    lines = zip(*(message["content"].splitlines() for message in pairs[same]), strict=False)
    return same, len(list(itertools.takewhile(lambda line: line[0] == line[1], lines)))


def _first_difference(known: list[dict[str, Any]], asked: list[dict[str, Any]]) -> str:
    for number, (there, here) in enumerate(zip(known, asked, strict=False), 1):
        if there != here:
            where = f"message {number} of {len(asked)} ({here['role']}) differs"
            if there["role"] != here["role"]:
                return f"{where}: there it is the {there['role']}'s"
            if there["content"] == here["content"]:
                return f"{where}: other pictures are shown"
            line, old, new = next(_lines(there["content"], here["content"]))
            return f"{where} in line {line}: there {_from(old, new)}, here {_from(new, old)}"
    return f"there the conversation has {len(known)} messages, here {len(asked)}"


def _lines(there: str, here: str) -> Iterator[tuple[int, str | None, str | None]]:
    """The lines that differ, from 1."""
    pairs = itertools.zip_longest(there.split("\n"), here.split("\n"))
    return ((number, old, new) for number, (old, new) in enumerate(pairs, 1) if old != new)


def _plain(value: Any) -> str:
    """A value within a sentence."""
    return repr(value) if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _from(line: str | None, other: str | None) -> str:
    """A line within a sentence, from shortly before the first letter that is another one in the other line."""
    if line is None:
        return "nothing"
    same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(line, other or "", strict=False)))
    start = max(0, same - _LINE // 2) if len(line) > _LINE else 0
    piece = line[start : start + _LINE]
    return repr(f"{'…' if start else ''}{piece}{'…' if start + _LINE < len(line) else ''}")
