"""Models behind OpenAI's chat protocol: OpenAI itself, and every server that speaks it."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from text2reward.agent.language_model import Answer, Message, Usage
from text2reward.errors import ModelError

if TYPE_CHECKING:
    import openai

KEY = "OPENAI_API_KEY"
ATTEMPTS = 6
TIMEOUT_S = 300.0
_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 60.0


class OpenAIModel:
    """One model of one server.

    Args:
        model: its name there.
        base_url: the server; None for OpenAI's own (or what OPENAI_BASE_URL says).
        temperature: left out of the request when None, because some models refuse it.

    Raises:
        ModelError: OpenAI's own server is meant and there is no key, or ``base_url`` is no address.
    """

    parallel = True

    def __init__(self, model: str, base_url: str | None = None, temperature: float | None = None) -> None:
        base_url = base_url or os.environ.get("OPENAI_BASE_URL")
        key = os.environ.get(KEY, "")
        if not key and base_url is None:
            raise ModelError(
                f"No key for openai/{model}: {KEY} is not set.",
                f"Set {KEY}, name another server with --base-url, or use --model composer.",
            )
        if base_url is not None and not _is_address(base_url):
            raise ModelError(f"{base_url!r} is no address.", "For example --base-url http://localhost:8000/v1.")
        self.name = f"openai/{model}"
        self.sampling: dict[str, Any] = {} if temperature is None else {"temperature": temperature}
        self._model, self._base_url, self._key = model, base_url, key or "none"
        self._client: openai.OpenAI | None = None

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
            except openai.InternalServerError as error:
                trouble, after = f"{self._server()} answered {error.status_code}", _retry_after(error)
            except openai.APIStatusError as error:
                raise self._refused(error) from error
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

    def _ask_once(self, messages: Sequence[Message]) -> Answer:
        import openai

        if self._client is None:
            self._client = openai.OpenAI(api_key=self._key, base_url=self._base_url, max_retries=0, timeout=TIMEOUT_S)
        reply = self._client.chat.completions.create(
            model=self._model,
            messages=[message.to_json() for message in messages],  # type: ignore[misc]
            **self.sampling,
        )
        choices = getattr(reply, "choices", None)
        if not choices:
            raise ValueError("no choices")
        usage = reply.usage
        text = choices[0].message.content or choices[0].message.refusal or ""
        if not isinstance(text, str):
            raise ValueError("the content is no text")
        return Answer(
            text=text.encode("utf-8", "replace").decode(),
            usage=Usage(usage.prompt_tokens, usage.completion_tokens) if usage else Usage(),
            finish=choices[0].finish_reason or "stop",
        )

    def _server(self) -> str:
        return self._base_url or "OpenAI's server"

    def _unreachable(self, error: openai.APIConnectionError) -> str:
        cause = error.__cause__
        return f"{self._server()} cannot be reached ({type(cause or error).__name__})"

    def _refused(self, error: openai.APIStatusError) -> ModelError:
        hints = {
            401: f"Check {KEY}.",
            403: f"Check what the key in {KEY} may use.",
            404: "Check the model's name and --base-url.",
            429: "Check the account's plan and billing.",
        }
        said = _short(error)
        return ModelError(
            f"{self._server()} refused {self.name} with {error.status_code}: {said}",
            hints.get(error.status_code, "Check the model's name and settings."),
        )


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _short(error: openai.APIStatusError) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    text = str(body.get("message") or error.message)
    clean = "".join(c if c.isprintable() else " " for c in text)
    return f"{' '.join(clean.split())[:200]}."


def _retry_after(error: openai.APIStatusError) -> float | None:
    try:
        return min(max(0.0, float(error.response.headers.get("retry-after", ""))), 10 * _LONGEST_WAIT_S)
    except ValueError:
        return None
