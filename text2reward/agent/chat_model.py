"""What all models behind chat protocols share: passing troubles are retried, refusals are told in a sentence."""

from __future__ import annotations

import random
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from text2reward.agent.language_model import Answer, Message
from text2reward.errors import ModelError

if TYPE_CHECKING:
    import openai

ATTEMPTS = 6
TIMEOUT_S = 300.0
_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 60.0


class ChatModel(ABC):
    """A model that is asked over the network; errors are those of the ``openai`` package or subclasses of them.

    Args:
        name: ``provider/model``, as the user gives it.
        temperature: left out of the request when None, because some models refuse it.
        cap: the name and value by which the server is told how many tokens an answer may have; None to say nothing.
    """

    parallel = True

    def __init__(self, name: str, temperature: float | None = None, cap: tuple[str, int] | None = None) -> None:
        self.name = name
        self.sampling: dict[str, Any] = {} if temperature is None else {"temperature": temperature}
        if cap is not None:
            self.sampling[cap[0]] = cap[1]

    def ask(self, messages: Sequence[Message], about: str) -> Answer:
        """See :meth:`LanguageModel.ask`; passing troubles are retried with growing, jittered waits."""
        import openai

        wait_s = _FIRST_WAIT_S
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._ask_once(messages)
            except (openai.APITimeoutError, openai.APIConnectionError) as error:
                trouble, after = self._unreachable(error), None
            except openai.RateLimitError as error:
                if getattr(error, "code", None) == "insufficient_quota":
                    raise self._refused(error) from error
                trouble, after = f"{self._server()} is over its rate limit", _retry_after(error)
            except openai.APIStatusError as error:
                if error.status_code < 500:
                    raise self._refused(error) from error
                trouble, after = f"{self._server()} answered {error.status_code}", _retry_after(error)
            except (openai.APIError, ValueError, TypeError, AttributeError) as error:
                trouble, after = f"{self._server()} sent something that is no answer ({type(error).__name__})", None
            if attempt == ATTEMPTS:
                break
            time.sleep(after if after is not None else wait_s * random.uniform(0.5, 1.5))
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
        raise ModelError(
            f"No answer from {self.name} for {about}: {trouble}, {ATTEMPTS} times.",
            "Check the server and the network, then resume the run.",
        )

    @abstractmethod
    def _ask_once(self, messages: Sequence[Message]) -> Answer:
        """One request; raises what the client raises, ValueError for an answer that is none."""

    @abstractmethod
    def _server(self) -> str:
        """Who is asked, in words."""

    @abstractmethod
    def _key(self) -> str:
        """What holds the key, in words."""

    def _unreachable(self, error: openai.APIConnectionError) -> str:
        cause = error.__cause__
        return f"{self._server()} cannot be reached ({type(cause or error).__name__})"

    def _refused(self, error: openai.APIStatusError) -> ModelError:
        hints = {
            401: f"Check {self._key()}.",
            403: f"Check what the key in {self._key()} may use.",
            404: "Check the model's name and --base-url.",
            429: "Check the account's plan and billing.",
        }
        return ModelError(
            f"{self._server()} refused {self.name} with {error.status_code}: {_said(error)}",
            hints.get(error.status_code, "Check the model's name and settings."),
        )


def check_address(url: str | None) -> None:
    """Refuse what is no address of a server.

    Raises:
        ModelError: it is none.
    """
    try:
        parts = urlsplit(url or "http://none")
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fine = False
    if not fine:
        raise ModelError(f"{url!r} is no address.", "For example --base-url http://localhost:8000/v1.")


def _said(error: openai.APIStatusError) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    text = str(body.get("message") or error.message)
    clean = "".join(c if c.isprintable() else " " for c in text)
    return f"{' '.join(clean.split())[:200]}."


def _retry_after(error: openai.APIStatusError) -> float | None:
    try:
        return min(max(0.0, float(error.response.headers.get("retry-after", ""))), 10 * _LONGEST_WAIT_S)
    except (ValueError, TypeError, AttributeError):
        return None
