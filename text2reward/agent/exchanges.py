"""Every exchange with a model is kept under what was asked, so that nothing is asked twice."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from text2reward.agent.answer import MAX_ANSWER
from text2reward.agent.budget import Budget
from text2reward.agent.language_model import Answer, LanguageModel, Message
from text2reward.errors import ModelError
from text2reward.record.atomic import as_json, room_for, write_bytes, write_json
from text2reward.record.events import Asked
from text2reward.record.files import RESTORE, cannot_read
from text2reward.record.hiding import Hiding
from text2reward.record.question import asked_in, key_of
from text2reward.record.unanswered import FAILED, unsure_in

PICTURES = "pictures"
"""Folder beside the exchanges: what a model was shown, each file named after its content."""

_ASK_AGAIN = "Restore it from a copy, or delete it: then the question is asked again."
_ROOM = 4 * MAX_ANSWER
"""Bytes that are kept free for an answer while it is waited for."""


def question(model: LanguageModel, messages: Sequence[Message], about: str) -> dict[str, Any]:
    """All that an answer depends on, as plain data."""
    return {
        "model": model.name,
        "sampling": model.sampling,
        "about": about,
        "messages": [message.to_record() for message in messages],
    }


def failed_file(folder: Path, key: str) -> Path:
    """Where it stands that a question got no answer, and why."""
    return folder / f"{key}{FAILED}"


def stored(path: Path, hint: str = RESTORE) -> dict[str, Any]:
    """A question with its answer, or with why it got none, from the file that is named after the question.

    Raises:
        RecordError: it cannot be read, or the question is another one; says to do what ``hint`` says.
    """
    exchange = asked_in(path, hint)
    try:
        if path.name.endswith(FAILED):
            exchange["failure"]["message"], exchange["failure"]["hint"]
        else:
            answer_in(exchange)
            exchange["seconds"] = float(exchange["seconds"])
            if not math.isfinite(exchange["seconds"]):
                raise ValueError("seconds without end")
    except (ValueError, OverflowError, LookupError, TypeError, AttributeError) as error:
        raise cannot_read(path, ValueError("it holds no answer"), hint) from error
    return exchange


def answer_in(exchange: dict[str, Any]) -> Answer:
    """The answer of an exchange that :func:`stored` read."""
    return Answer.from_json(exchange["answer"])


class Exchanges:
    """A language model with a memory on disk.

    Args:
        model: who is asked.
        folder: where the exchanges lie, one file each, and the pictures that were shown.
        tell: called with an :class:`Asked` event after each exchange, from the record or not.
        budget: lets calls begin, and knows what they cost; None for no limits and no prices.
        hiding: what is neither sent nor kept.
    """

    def __init__(
        self,
        model: LanguageModel,
        folder: Path,
        tell: Callable[[Asked], None],
        budget: Budget | None = None,
        hiding: Hiding | None = None,
    ) -> None:
        self.model, self._budget = model, budget
        self._turn = contextlib.nullcontext() if model.parallel else threading.Lock()
        self._writing = threading.Lock()
        self._folder = folder
        self._tell = tell
        self._hiding = hiding or Hiding()

    @property
    def room(self) -> int | None:
        """Tokens that a prompt may have; None where nobody knows."""
        return None if self._budget is None else self._budget.room(self.model.name)

    @property
    def at_once(self) -> bool:
        """Whether several questions may be asked at once, whatever they are: a limit could refuse the last ones."""
        return self.model.parallel and not (self._budget is not None and self._budget.limits_calls)

    def fits(self, messages: Sequence[Message], count: int) -> bool:
        """Whether so many such calls at once are sure to stay within the budget."""
        return self._budget is None or self._budget.fits(messages, count, self.model.name)

    def ask(self, messages: Sequence[Message], about: str, left_out: Sequence[str] = ()) -> tuple[str, Answer]:
        """The exchange's key and the answer, from the record where this was asked before.

        Args:
            messages: the conversation.
            about: the candidate the answer is for; part of the key, so that K drafts are K answers.
            left_out: what does not stand in the conversation because the model's window is too small for it.

        Raises:
            BudgetReached: it was not asked before, and its worst case would pass a limit.
            ModelError: no answer can be had; that is kept as well.
            ReplayError: the record that answers in place of a model holds no answer.
        """
        hidden = [replace(message, content=self._hiding(message.content)) for message in messages]
        asked = question(self.model, hidden, about)
        key = key_of(asked)
        with contextlib.ExitStack() as until_told:
            if not self._path(key).is_file():
                until_told.enter_context(self._turn)
                if self._budget is not None:
                    until_told.enter_context(self._budget.call(hidden, about, self.model.name))
                self._keep_pictures(hidden)
                # What is paid for finds room on the disk.
                with room_for(self._path(key), len(as_json(asked)) + _ROOM) as file:
                    began = time.monotonic()
                    answer = self._answer(asked, hidden, about)
                    seconds = 0.0 if answer.replayed else round(time.monotonic() - began, 3)
                    kept = {"answer": answer.to_json(), "seconds": seconds, "left_out": list(left_out)}
                    file.write(as_json({**asked, **kept}))
            answer, seconds = self._read(key)
            self._tell(self._asked(key, about, answer, seconds, tuple(left_out)))
        return key, answer

    def _asked(self, key: str, about: str, answer: Answer, seconds: float, left_out: tuple[str, ...]) -> Asked:
        usage, cost = answer.usage, 0.0 if answer.replayed else None
        if cost is None and self._budget is not None:
            tokens = usage.tokens_in, usage.tokens_out, usage.tokens_cached
            cost = self._budget.cost(*tokens, self.model.name)
        return Asked(
            key=key,
            candidate=about,
            model=self.model.name,
            tokens_in=usage.tokens_in,
            tokens_out=usage.tokens_out,
            cost_usd=cost,
            seconds=seconds,
            tokens_cached=usage.tokens_cached,
            left_out=left_out,
            unsure=answer.unsure,
            replayed=bool(answer.replayed),
        )

    def recall(self) -> None:
        """Tell of every answer that is on the disk: who was killed before it was recorded has paid for it.

        Raises:
            RecordError: one cannot be read.
        """
        for path in sorted(self._folder.glob("*.json")):
            if path.name.endswith(FAILED):
                continue
            exchange = stored(path, _ASK_AGAIN)
            if exchange["model"] == self.model.name:
                answer, left_out = answer_in(exchange), tuple(exchange.get("left_out", ()))
                self._tell(self._asked(path.stem, exchange["about"], answer, exchange["seconds"], left_out))

    def said(self, key: str) -> str:
        """The text of the answer in an earlier exchange."""
        return self._read(key)[0].text

    def _keep_pictures(self, messages: Sequence[Message]) -> None:
        with self._writing:  # two questions may show the same picture
            for picture in (picture for message in messages for picture in message.pictures):
                path = self._folder / PICTURES / picture.file
                if not path.is_file():
                    write_bytes(path, picture.data)

    def _answer(self, asked: dict[str, Any], messages: Sequence[Message], about: str) -> Answer:
        failed = failed_file(self._folder, key_of(asked))
        before = unsure_in(failed)
        try:
            answer = self.model.ask(messages, about)
        except ModelError as error:
            told = self._hiding(error.message), self._hiding(error.hint)
            failure = {"message": told[0], "hint": told[1], "unsure": before + error.unsure}
            write_json(failed, {**asked, "failure": failure})
            raise ModelError(*told, error.unsure) from None
        return replace(answer, text=self._hiding(answer.text), unsure=before + answer.unsure)

    def _read(self, key: str) -> tuple[Answer, float]:
        """The answer, and the seconds it took."""
        exchange = stored(self._path(key), _ASK_AGAIN)
        return answer_in(exchange), exchange["seconds"]

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"
