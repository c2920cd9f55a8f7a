"""Questions that no model answered, though a request for one may have to be paid for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FAILED = ".failed.json"
"""How the name of a question's file ends that got no answer."""


@dataclass(frozen=True)
class Unanswered:
    """One question.

    Args:
        about: the candidate it was for.
        model: who was asked.
        messages: the conversation, as it was kept.
        unsure: requests that may have been answered and be paid for.
    """

    about: str
    model: str
    messages: list[dict[str, Any]]
    unsure: int


def unanswered(folder: Path) -> Iterator[Unanswered]:
    """Those of the run in ``folder`` that may have to be paid for; what an answer came to later counts with it."""
    for path in sorted((folder / "llm").glob(f"*{FAILED}")):
        if not path.with_name(f"{path.name.removesuffix(FAILED)}.json").is_file():
            asked = _read(path)
            if asked is not None and asked.unsure:
                yield asked


def unsure_in(path: Path) -> int:
    """How many requests for a question without an answer may have been answered; 0 where nothing tells."""
    asked = _read(path)
    return 0 if asked is None else asked.unsure


def _read(path: Path) -> Unanswered | None:
    """What stands in a file; None where it is not there, or not whole."""
    try:
        asked = json.loads(path.read_text(encoding="utf-8"))
        unsure = asked["failure"].get("unsure", 0)  # older ones do not tell
        return Unanswered(asked["about"], asked["model"], asked["messages"], unsure if isinstance(unsure, int) else 0)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
