"""Asking a model that sees which of two films does better what the sentence says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from text2reward.agent.exchanges import Exchanges
from text2reward.agent.language_model import Message
from text2reward.agent.parallel import in_order
from text2reward.agent.picture import Picture
from text2reward.agent.seeing.frames import frames
from text2reward.agent.verdicts import clean, last_object
from text2reward.prompts import Prompts
from text2reward.record.film import Ready
from text2reward.record.opinion import ABOUT, ANSWERS, Opinion
from text2reward.record.votes import Showing

_WORDS = 4000
"""Characters of an answer that was not understood which are shown again."""


class Seer:
    """Shows a model films in pairs, each pair in both orders.

    Args:
        exchanges: the model and its memory.
        prompts: the words.
        instruction: the sentence.
    """

    def __init__(self, exchanges: Exchanges, prompts: Prompts, instruction: str) -> None:
        self._exchanges, self._prompts, self._instruction = exchanges, prompts, instruction

    @property
    def name(self) -> str:
        """The model's."""
        return self._exchanges.model.name

    def look(self, pair: Showing, ready: Ready) -> Opinion:
        """What the model makes of a pair.

        Args:
            pair: two candidates and the episode's seed.
            ready: the films there are.

        Raises:
            ModelError: no answer can be had.
            RecordError: a film cannot be read.
        """
        one, other, seed = pair
        seen = {name: frames(ready[name][seed]) for name in (one, other)}

        def ask(order: tuple[str, str]) -> tuple[str, str, str]:
            pictures = (*_named("first", seen[order[0]]), *_named("second", seen[order[1]]))
            return self._ask(pictures, f"{ABOUT}{order[0]}-{order[1]}.{seed}")

        orders = [(one, other), (other, one)]
        forth, back = in_order(ask, orders, len(orders) if self._exchanges.at_once else 1)
        answers, reasons, keys = zip(forth, back, strict=True)
        return Opinion(one, other, seed, answers, reasons, keys)

    def _ask(self, pictures: tuple[Picture, ...], about: str) -> tuple[str, str, str]:
        """The answer, the reason and the exchange's key; asked again once where it is not understood."""
        text = self._prompts.render("opinion", instruction=self._instruction, count=len(pictures) // 2)
        messages = [Message("user", text, pictures)]
        key, said = self._exchanges.ask(messages, about)
        answer, reason = read_answer(said.text)
        if not answer:
            messages += [Message("assistant", said.text.strip()[:_WORDS] or "(nothing)")]
            messages += [Message("user", self._prompts.render("opinion_again"))]
            key, said = self._exchanges.ask(messages, f"{about}.again")
            answer, reason = read_answer(said.text)
        return answer, reason, key


def _named(film: str, files: Sequence[bytes]) -> Iterator[Picture]:
    return (Picture(f"{film}, {number} of {len(files)}", data) for number, data in enumerate(files, 1))


def read_answer(text: str) -> tuple[str, str]:
    """One of :data:`ANSWERS` and the reason, on one line; both empty where the text is no such answer."""
    data = last_object(text, "answer") or {}
    answer, reason = data.get("answer"), data.get("reason", "")
    if not isinstance(answer, str) or answer.strip().lower() not in ANSWERS or not isinstance(reason, str):
        return "", ""
    return answer.strip().lower(), clean(reason)
