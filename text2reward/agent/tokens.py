"""How many tokens a text has, about: every model counts in its own way, and most do not say how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from text2reward.agent.language_model import Message

BYTES, LEAST_BYTES = 3, 2
"""Bytes of a token, about and at least. A test holds them against a published tokeniser on what the product says."""

PICTURE = 1_000
"""Tokens of a picture of at most 384 by 384 pixels; most models count 150 to 400."""

_TURN = 8
"""Tokens by which a chat protocol marks a turn, at most."""


def about(text: str) -> int:
    """Tokens of a text, about: a third of its bytes."""
    return -(-len(text.encode("utf-8", "replace")) // BYTES)


def at_most(messages: Iterable[Message]) -> int:
    """Tokens of a conversation, rather too many: half of its bytes, eight for each turn, 1,000 for each picture."""
    return sum(_of_turn(each.content, len(each.pictures)) for each in messages)


def recorded_at_most(messages: Iterable[Mapping[str, Any]]) -> int:
    """The same of a conversation as the record keeps it."""
    return sum(_of_turn(each["content"], len(each.get("pictures", ()))) for each in messages)


def _of_turn(content: str, pictures: int) -> int:
    return -(-len(content.encode("utf-8", "replace")) // LEAST_BYTES) + _TURN + PICTURE * pictures
