"""The seam between the loop and language models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str

    def to_json(self) -> dict[str, str]:
        """The message as chat APIs take it."""
        return {"role": self.role, "content": self.content}


@dataclass(frozen=True)
class Usage:
    """What one answer took; None where the provider does not say.

    Args:
        tokens_in: of the prompt.
        tokens_out: of the answer, hidden reasoning included.
        tokens_cached: of the prompt, those that the provider had stored.
    """

    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_cached: int | None = None


@dataclass(frozen=True)
class Answer:
    """What a model said.

    Args:
        text: its words.
        usage: what they took.
        finish: why it stopped, in the provider's word, for example ``stop`` or ``length``.
    """

    text: str
    usage: Usage = Usage()
    finish: str = "stop"

    def to_json(self) -> dict[str, Any]:
        """The answer as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Answer:
        """The answer that :meth:`to_json` wrote."""
        usage = {name: data["usage"].get(name) for name in Usage.__dataclass_fields__}
        return cls(data["text"], Usage(**usage), data["finish"])


class LanguageModel(Protocol):
    """Answers conversations.

    Attributes:
        name: as the user named it, for example ``openai/gpt-5``.
        sampling: settings that change its answers; part of an exchange's key.
        parallel: whether several questions may be asked at once.
    """

    name: str
    sampling: dict[str, Any]
    parallel: bool

    def ask(self, messages: Sequence[Message], about: str) -> Answer:
        """One answer.

        Args:
            messages: the conversation, the question last.
            about: which candidate the answer is for; shown to people, not to the model.

        Raises:
            ModelError: no answer can be had, with what to do.
        """
        ...
