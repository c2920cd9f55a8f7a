"""How many tokens a text has, about: every model counts in its own way, and most do not say how."""

from __future__ import annotations

from collections.abc import Iterable

from text2reward.agent.language_model import Message

BYTES, LEAST_BYTES = 3, 2
"""Bytes of a token, about and at least. A test holds them against a published tokeniser on what the product says."""

_TURN = 8
"""Tokens by which a chat protocol marks a turn, at most."""


def about(text: str) -> int:
    """Tokens of a text, about: a third of its bytes."""
    return -(-len(text.encode("utf-8", "replace")) // BYTES)


def at_most(messages: Iterable[Message]) -> int:
    """Tokens of a conversation, rather too many: half of its bytes, and eight for each turn."""
    return sum(-(-len(each.content.encode("utf-8", "replace")) // LEAST_BYTES) + _TURN for each in messages)
