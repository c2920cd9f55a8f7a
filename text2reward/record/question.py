"""A question to a model on the disk: the file that holds it is named after all that was asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from text2reward.record.files import RESTORE, cannot_read, parsed

LLM = "llm"
"""The folder of a run's questions, with what was answered."""

ASKED = ("model", "sampling", "about", "messages")
"""What belongs to a question."""


def key_of(asked: Mapping[str, Any]) -> str:
    """The name under which what belongs to a question is kept.

    Raises:
        KeyError: something is missing.
    """
    text = json.dumps({name: asked[name] for name in ASKED}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def asked_in(path: Path, hint: str = RESTORE) -> dict[str, Any]:
    """What a file holds that is named after the question in it.

    Args:
        path: the file.
        hint: what to do where it is damaged.

    Raises:
        RecordError: it cannot be read, or the question is another one.
    """
    try:
        asked = parsed(path.read_text(encoding="utf-8"))
        same = key_of(asked) == path.name.partition(".")[0]
    except (OSError, ValueError) as error:
        raise cannot_read(path, error, hint) from error
    except (LookupError, TypeError) as error:
        raise cannot_read(path, ValueError("it holds no question"), hint) from error
    if not same:
        raise cannot_read(path, ValueError("its question is not the one in its name, so it was changed"), hint)
    return dict(asked)
