"""Models of every provider that LiteLLM knows: ``anthropic/...``, ``gemini/...``, ``ollama/...`` and the rest."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping, Sequence
from typing import Any

from text2reward.agent.chat_model import TIMEOUT_S, ChatModel, Say, check_address, shown
from text2reward.agent.language_model import Answer, Message
from text2reward.agent.openai_model import finish_of, usage_of
from text2reward.errors import ModelError, UnknownNameError, UserError
from text2reward.extras import install

KEYS: Mapping[str, tuple[str, ...]] = {
    "anthropic": ("ANTHROPIC_API_KEY",),
    "cerebras": ("CEREBRAS_API_KEY",),
    "cohere": ("COHERE_API_KEY",),
    "dashscope": ("DASHSCOPE_API_KEY",),
    "deepinfra": ("DEEPINFRA_API_KEY",),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "fireworks_ai": ("FIREWORKS_AI_API_KEY",),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "groq": ("GROQ_API_KEY",),
    "huggingface": ("HUGGINGFACE_API_KEY",),
    "mistral": ("MISTRAL_API_KEY",),
    "moonshot": ("MOONSHOT_API_KEY",),
    "nvidia_nim": ("NVIDIA_NIM_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY",),
    "perplexity": ("PERPLEXITYAI_API_KEY",),
    "together_ai": ("TOGETHERAI_API_KEY",),
    "xai": ("XAI_API_KEY",),
}
"""Providers, and the variables one of which holds their key. Others that LiteLLM knows are not checked beforehand."""

LOCAL = ("ollama", "ollama_chat", "lm_studio", "hosted_vllm", "llamafile")
"""Providers on one's own machine: they need no key and cost nothing."""


def installed() -> bool:
    """Whether LiteLLM is there; looks without importing it, which takes seconds."""
    return importlib.util.find_spec("litellm") is not None


def key_of(provider: str) -> str | None:
    """The variable that holds the provider's key here; None where none is set."""
    return next((name for name in KEYS.get(provider, ()) if os.environ.get(name)), None)


class LiteLLMModel(ChatModel):
    """One model of one provider.

    Args:
        name: ``provider/model``.
        base_url: a server that speaks the provider's protocol; None for the provider's own.
        temperature: left out of the request when None, because some models refuse it.
        answer_tokens: tokens of an answer at most; left out when None.
        say: told what is waited for.

    Raises:
        UserError: LiteLLM is not installed.
        UnknownNameError: LiteLLM knows no such provider.
        ModelError: the provider's key is missing, or ``base_url`` is no address.
    """

    def __init__(
        self,
        name: str,
        base_url: str | None = None,
        temperature: float | None = None,
        answer_tokens: int | None = None,
        say: Say = lambda text: None,
    ) -> None:
        super().__init__(name, temperature, answer_tokens, say)
        provider = name.partition("/")[0]
        if not installed():
            hint = f"Install it: {install('providers')}, or use openai/NAME."
            raise UserError(f"--model {name} needs LiteLLM, which is not installed.", hint)
        keys = KEYS.get(provider, ())
        if keys and base_url is None and key_of(provider) is None:
            raise ModelError(
                f"No key for {name}: {' or '.join(keys)} is not set.",
                f"Set {keys[0]}, name a server with --base-url, or use --model composer.",
            )
        if provider not in (*KEYS, *LOCAL):
            known = {str(getattr(each, "value", each)) for each in _litellm().provider_list}
            if provider not in known:
                raise UnknownNameError(
                    "provider", provider, known, see="`text2reward models` lists what can be used here."
                )
        check_address(base_url)
        self._provider, self._base_url = provider, base_url

    def _ask_once(self, messages: Sequence[Message]) -> Answer:
        litellm = _litellm()
        reply = litellm.completion(
            model=self.name,
            messages=[message.to_json() for message in messages],
            api_base=self._base_url,
            api_key="none" if self._needs_none() else None,
            timeout=TIMEOUT_S,
            max_retries=0,
            num_retries=0,
            **self._sent,
        )
        if not reply.choices:
            raise ValueError("no choices")
        choice = reply.choices[0]
        text = choice.message.content or ""
        if not isinstance(text, str):
            raise ValueError("the content is no text")
        return Answer(
            text=text.encode("utf-8", "replace").decode(),
            usage=usage_of(getattr(reply, "usage", None)),
            finish=finish_of(choice.finish_reason),
        )

    def _needs_none(self) -> bool:
        """Whether a server of one's own is asked for which no key is known: clients insist on one."""
        known = self._provider in (*KEYS, *LOCAL)
        return known and self._base_url is not None and key_of(self._provider) is None

    def _server(self) -> str:
        return shown(self._base_url) if self._base_url else self._provider

    def _key(self) -> str:
        return " or ".join(KEYS.get(self._provider, ())) or "the provider's key"


def _litellm() -> Any:
    """LiteLLM, imported on first use: it takes seconds, and would fetch a price table from the network."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import litellm

    litellm.suppress_debug_info = True
    litellm.telemetry = False
    return litellm
