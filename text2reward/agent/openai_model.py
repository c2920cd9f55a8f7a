"""Models behind OpenAI's chat protocol: OpenAI itself, and every server that speaks it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from text2reward.agent.chat_model import TIMEOUT_S, ChatModel, Say, check_address, shown
from text2reward.agent.language_model import Answer, Message, Usage
from text2reward.errors import ModelError

if TYPE_CHECKING:
    import openai

OPENAI = "openai"
KEY = "OPENAI_API_KEY"

_MOST_TOKENS = 10**9
_REASON = re.compile(r"[A-Za-z_]{1,24}")


class OpenAIModel(ChatModel):
    """One model of one server.

    Args:
        model: its name there.
        base_url: the server; None for OpenAI's own (or what OPENAI_BASE_URL says).
        temperature: left out of the request when None, because some models refuse it.
        answer_tokens: tokens of an answer at most; left out when None.
        say: told what is waited for.

    Raises:
        ModelError: OpenAI's own server is meant and there is no key, or ``base_url`` is no address.
    """

    def __init__(
        self,
        model: str,
        base_url: str | None = None,
        temperature: float | None = None,
        answer_tokens: int | None = None,
        say: Say = lambda text: None,
    ) -> None:
        super().__init__(f"{OPENAI}/{model}", temperature, answer_tokens, say, cap_of(base_url))
        check_address(base_url)
        base_url = base_url or os.environ.get("OPENAI_BASE_URL")
        key = os.environ.get(KEY, "")
        if not key and base_url is None:
            raise ModelError(
                f"No key for openai/{model}: {KEY} is not set.",
                f"Set {KEY}, name another server with --base-url, or use --model composer.",
            )
        check_address(base_url, recorded=False)
        self._model, self._base_url, self._secret = model, base_url, key or "none"
        self._client: openai.OpenAI | None = None

    def _ask_once(self, messages: Sequence[Message]) -> Answer:
        import openai
        from openai.types.chat import ChatCompletion

        if self._client is None:
            self._client = openai.OpenAI(
                api_key=self._secret, base_url=self._base_url, max_retries=0, timeout=TIMEOUT_S
            )
        reply = self._client.chat.completions.create(
            model=self._model,
            messages=[message.to_json() for message in messages],  # type: ignore[misc]
            **self._sent,
        )
        if isinstance(reply, str):  # the server did not call it JSON
            reply = ChatCompletion.model_validate(json.loads(reply))
        choices = getattr(reply, "choices", None)
        if not choices:
            raise ValueError("no choices")
        text = choices[0].message.content or choices[0].message.refusal or ""
        if not isinstance(text, str):
            raise ValueError("the content is no text")
        return Answer(
            text=text.encode("utf-8", "replace").decode(),
            usage=usage_of(reply.usage),
            finish=finish_of(choices[0].finish_reason),
        )

    def _server(self) -> str:
        return shown(self._base_url) if self._base_url else "OpenAI's server"

    def _key(self) -> str:
        return KEY


def other_server(base_url: str | None) -> bool:
    """Whether another server than OpenAI's own is asked."""
    return (base_url or os.environ.get("OPENAI_BASE_URL")) is not None


def cap_of(base_url: str | None) -> str:
    """By which name a server is told the longest answer; OpenAI's newer models refuse the one that others know."""
    return "max_tokens" if other_server(base_url) else "max_completion_tokens"


def usage_of(usage: Any) -> Usage:
    """The tokens that an answer in OpenAI's form says it took; None for each that it does not say."""
    details = getattr(usage, "prompt_tokens_details", None)
    told = (
        getattr(usage, "prompt_tokens", None),
        getattr(usage, "completion_tokens", None),
        getattr(details, "cached_tokens", None),
    )
    return Usage(*(each if isinstance(each, int) and 0 <= each <= _MOST_TOKENS else None for each in told))


def finish_of(reason: Any) -> str:
    """Why a model stopped, as its server says; ``stop`` where it says nothing that could be a reason."""
    return reason if isinstance(reason, str) and _REASON.fullmatch(reason) else "stop"
