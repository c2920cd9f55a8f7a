"""Every exchange with a model is kept under what was asked, so that nothing is asked twice."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from text2reward.agent.budget import Budget
from text2reward.agent.language_model import Answer, LanguageModel, Message, Usage
from text2reward.record.atomic import write_json
from text2reward.record.events import Asked


class Exchanges:
    """A language model with a memory on disk.

    Args:
        model: who is asked.
        folder: where the exchanges lie, one file each.
        tell: called with an :class:`Asked` event after each exchange, from the record or not.
        budget: lets calls begin, and knows what they cost; None for no limits and no prices.
    """

    def __init__(
        self, model: LanguageModel, folder: Path, tell: Callable[[Asked], None], budget: Budget | None = None
    ) -> None:
        self.model, self._budget = model, budget
        self._turn = contextlib.nullcontext() if model.parallel else threading.Lock()
        self._folder = folder
        self._tell = tell

    @property
    def room(self) -> int | None:
        """Tokens that a prompt may have; None where nobody knows."""
        return None if self._budget is None else self._budget.room

    def fits(self, messages: Sequence[Message], count: int) -> bool:
        """Whether so many such calls at once are sure to stay within the budget."""
        return self._budget is None or self._budget.fits(messages, count)

    def ask(self, messages: Sequence[Message], about: str, left_out: Sequence[str] = ()) -> tuple[str, Answer]:
        """The exchange's key and the answer, from the record where this was asked before.

        Args:
            messages: the conversation.
            about: the candidate the answer is for; part of the key, so that K drafts are K answers.
            left_out: what does not stand in the conversation because the model's window is too small for it.

        Raises:
            BudgetReached: it was not asked before, and its worst case would pass a limit.
            ModelError: no answer can be had, with what to do.
        """
        asked = {
            "model": self.model.name,
            "sampling": self.model.sampling,
            "about": about,
            "messages": [message.to_json() for message in messages],
        }
        key = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
        with contextlib.ExitStack() as until_told:
            if not self._path(key).is_file():
                until_told.enter_context(self._turn)
                if self._budget is not None:
                    until_told.enter_context(self._budget.call(messages, about))
                began = time.monotonic()
                answer = self.model.ask(messages, about)
                seconds = round(time.monotonic() - began, 3)
                write_json(self._path(key), {**asked, "answer": answer.to_json(), "seconds": seconds})
            answer, seconds = self._read(key)
            self._tell(self._asked(key, about, answer.usage, seconds, tuple(left_out)))
        return key, answer

    def _asked(self, key: str, about: str, usage: Usage, seconds: float, left_out: tuple[str, ...]) -> Asked:
        tokens = usage.tokens_in, usage.tokens_out, usage.tokens_cached
        return Asked(
            key=key,
            candidate=about,
            model=self.model.name,
            tokens_in=usage.tokens_in,
            tokens_out=usage.tokens_out,
            cost_usd=None if self._budget is None else self._budget.cost(*tokens),
            seconds=seconds,
            tokens_cached=usage.tokens_cached,
            left_out=left_out,
        )

    def said(self, key: str) -> str:
        """The text of the answer in an earlier exchange."""
        return self._read(key)[0].text

    def _read(self, key: str) -> tuple[Answer, float]:
        """The answer, and the seconds it took."""
        exchange = json.loads(self._path(key).read_text(encoding="utf-8"))
        return Answer.from_json(exchange["answer"]), exchange["seconds"]

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"
