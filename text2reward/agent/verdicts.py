"""Getting data out of the answer of a model that was asked for one JSON object."""

from __future__ import annotations

import json
import re
from typing import Any

_MOST_READ = 50_000
_MAX_TEXT = 400


def last_object(text: str, key: str) -> dict[str, Any] | None:
    """The last JSON object with ``key`` in a text, bare or in a code block; None without one."""
    decoder, text = json.JSONDecoder(), text[-_MOST_READ:]
    for match in reversed([*re.finditer(r"{", text)]):
        try:
            data, _ = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            continue
        if isinstance(data, dict) and key in data:
            return data
    return None


def clean(text: str) -> str:
    """A sentence of a model's, on one line, without control characters, cut."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_MAX_TEXT]
