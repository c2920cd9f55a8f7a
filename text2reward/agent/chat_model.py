"""What all models behind chat protocols share: passing troubles are waited out, refusals are told in a sentence."""

from __future__ import annotations

import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

from text2reward.agent.answer import MAX_ANSWER
from text2reward.agent.language_model import Answer, Message
from text2reward.agent.patience import UNSURE, Clock, Patience, Trouble
from text2reward.agent.troubles import NoAnswer, refusal_hint, said, trouble_of
from text2reward.errors import ModelError
from text2reward.record.hiding import names_a_key

if TYPE_CHECKING:
    import openai

TIMEOUT_S = 300.0
"""Seconds without a byte from the server."""
WHOLE_S = 900.0
"""Seconds until the whole answer has to be there; a server may send it a byte at a time."""

ANSWER_TOKENS = "answer_tokens"

CLOCK = Clock()

Say = Callable[[str], None]


@dataclass
class _End:
    """Whether, and why, questions that are under way are given up."""

    come: threading.Event = field(default_factory=threading.Event)
    why: ModelError | None = None


class ChatModel(ABC):
    """A model that is asked over the network; errors are those of the ``openai`` package or subclasses of them.

    Args:
        name: ``provider/model``, as the user gives it.
        temperature: left out of the request when None, because some models refuse it.
        answer_tokens: tokens of an answer at most; the server is not told any when None.
        say: told what is waited for.
        cap: the name by which the server is told of them.
    """

    parallel = True

    def __init__(
        self,
        name: str,
        temperature: float | None = None,
        answer_tokens: int | None = None,
        say: Say = lambda text: None,
        cap: str = "max_tokens",
    ) -> None:
        self.name = name
        self.sampling: dict[str, Any] = sampling_of(temperature, answer_tokens)
        self._sent = {cap if name == ANSWER_TOKENS else name: value for name, value in self.sampling.items()}
        self._say = say
        self._heard_from = False
        self._end = _End()

    def ask(self, messages: Sequence[Message], about: str) -> Answer:
        """See :meth:`LanguageModel.ask`; passing troubles are waited out, see :class:`Patience`."""
        import openai

        pictured = any(message.pictures for message in messages)
        end = self._end
        patience = Patience(CLOCK, end.come)
        while True:
            try:
                answer = self._whole(messages)
            except Exception as error:  # of what a server sends, clients make errors of every kind
                trouble = trouble_of(error, self._server(), pictured)
                self._heard_from |= trouble.answered
                if trouble.final and isinstance(error, openai.APIError):
                    refused = self._refused(error, pictured, patience.unsure)
                    raise (self._given_up(refused) if trouble.for_all else refused) from None
            else:
                self._heard_from = True
                return replace(_cut(answer), unsure=patience.unsure)
            wait_s = patience.after(trouble, self._heard_from)
            if wait_s is None:
                raise self._given_up(self._worn_out(about, trouble, patience)) from None
            self._say(f"{about} waits for {self.name}: {trouble.text}; asked again in {_seconds(wait_s)}{patience}")
            if not patience.wait(wait_s):
                why = end.why or self._worn_out(about, trouble, patience)
                raise ModelError(why.message, why.hint, patience.unsure)

    def _whole(self, messages: Sequence[Message]) -> Answer:
        """One request, in a time of its own: a server that sends on and on is left.

        Raises:
            NoAnswer: it took too long.
        """
        done: list[Answer | BaseException] = []

        def work() -> None:
            try:
                done.append(self._ask_once(messages))
            except BaseException as error:
                done.append(error)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(WHOLE_S)
        if not done:
            raise NoAnswer(f"no whole answer within {_seconds(WHOLE_S)}")
        if isinstance(done[0], BaseException):
            raise done[0]
        return done[0]

    @abstractmethod
    def _ask_once(self, messages: Sequence[Message]) -> Answer:
        """One request; raises what the client raises, ValueError for an answer that is none."""

    @abstractmethod
    def _server(self) -> str:
        """Who is asked, in words."""

    @abstractmethod
    def _key(self) -> str:
        """What holds the key, in words."""

    def _given_up(self, error: ModelError) -> ModelError:
        """The error; questions that wait for the same server meanwhile end with it, later ones begin anew."""
        end, self._end = self._end, _End()
        end.why = error
        end.come.set()
        return error

    def _worn_out(self, about: str, trouble: Trouble, patience: Patience) -> ModelError:
        paid = " They may have been answered and be paid for." if trouble.kind == UNSURE else ""
        return ModelError(
            f"No answer from {self.name} for {about}: {trouble.text}, {patience.times}.{paid}",
            "Check the server and the network, then resume the run.",
            patience.unsure,
        )

    def _refused(self, error: openai.APIError, pictured: bool, unsure: int) -> ModelError:
        status = getattr(error, "status_code", None)
        with_status = f" with {status}" if status else ""
        return ModelError(
            f"{self._server()} refused {self.name}{with_status}: {said(error)}",
            refusal_hint(error, self._key(), self.sampling, pictured),
            unsure,
        )


def sampling_of(temperature: float | None, answer_tokens: int | None = None) -> dict[str, Any]:
    """The settings that change a model's answers, by names that are the same for every server."""
    settings = {"temperature": temperature, ANSWER_TOKENS: answer_tokens}
    return {name: value for name, value in settings.items() if value is not None}


def shown(url: str) -> str:
    """An address without a name, a password or a key that some write into it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def check_address(url: str | None, recorded: bool = True) -> None:
    """Refuse what is no address of a server.

    Args:
        url: the address; None for the provider's own.
        recorded: whether it is kept in the run's record, so that it must hold no password.

    Raises:
        ModelError: it is none.
    """
    try:
        parts = urlsplit(url or "http://none")
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fine = False
    if not fine:
        named = re.sub(r"[^/]*@|[?#].*", "", url or "")
        raise ModelError(f"{named!r} is no address.", "For example --base-url http://localhost:8000/v1.")
    if recorded and ("@" in parts.netloc or any(map(names_a_key, parse_qs(parts.query)))):
        raise ModelError("The address holds a name or a password.", "It is kept with the run; put a key in a variable.")


def _cut(answer: Answer) -> Answer:
    """The answer, at most as long as anybody reads it."""
    return answer if len(answer.text) <= MAX_ANSWER else replace(answer, text=answer.text[:MAX_ANSWER], finish="length")


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
