"""The seam between the loop and language models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

from text2reward.agent.picture import Picture

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True)
class Message:
    """One turn of a conversation.

    Args:
        role: whose turn.
        content: the words.
        pictures: shown after the words, in this order, each under its name.
    """

    role: Role
    content: str
    pictures: tuple[Picture, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The message as chat APIs take it: with pictures, its content is a list of parts."""
        if not self.pictures:
            return {"role": self.role, "content": self.content}
        parts: list[dict[str, Any]] = [{"type": "text", "text": self.content}]
        for picture in self.pictures:
            parts += [
                {"type": "text", "text": f"{picture.name}:"},
                {"type": "image_url", "image_url": {"url": picture.to_url()}},
            ]
        return {"role": self.role, "content": parts}

    def to_record(self) -> dict[str, Any]:
        """The message as the record keeps it: pictures by their names and the names of their files."""
        kept: dict[str, Any] = {"role": self.role, "content": self.content}
        if self.pictures:
            kept["pictures"] = [{"name": picture.name, "file": picture.file} for picture in self.pictures]
        return kept


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
        unsure: requests before this one that got no usable answer, but may have been answered and be paid for.
        replayed: name of the run it was taken from; empty where a model was asked.
    """

    text: str
    usage: Usage = Usage()
    finish: str = "stop"
    unsure: int = 0
    replayed: str = ""

    def to_json(self) -> dict[str, Any]:
        """The answer as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Answer:
        """The answer that :meth:`to_json` wrote."""
        optional = {name: data[name] for name in ("unsure", "replayed") if name in data}
        usage = {name: data["usage"].get(name) for name in Usage.__dataclass_fields__}
        return cls(data["text"], Usage(**usage), data["finish"], **optional)


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
