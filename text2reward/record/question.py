"""A question to a model on the disk: the file that holds it is named after all that was asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

ASKED = ("model", "sampling", "about", "messages")
"""What belongs to a question."""


def key_of(asked: Mapping[str, Any]) -> str:
    """The name under which what belongs to a question is kept.

    Raises:
        KeyError: something is missing.
    """
    text = json.dumps({name: asked[name] for name in ASKED}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
