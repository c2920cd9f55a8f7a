"""Questions that no model answered, though a request for one may have to be paid for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from text2reward.record.files import cannot_read
from text2reward.record.question import LLM, asked_in

FAILED = ".failed.json"
"""How the name of a question's file ends that got no answer."""

_COUNTED = "Restore it from a copy, or delete it: then what it may have cost is not counted."


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
    """Those of the run in ``folder`` that may have to be paid for; what an answer came to later counts with it.

    Raises:
        RecordError: a file that tells cannot be read.
    """
    for path in sorted((folder / LLM).glob(f"*{FAILED}")):
        if not path.with_name(f"{path.name.removesuffix(FAILED)}.json").is_file():
            asked = _read(path)
            if asked.unsure:
                yield asked


def unsure_in(path: Path) -> int:
    """How many requests for a question may have been answered before; 0 where it was not asked in vain.

    Raises:
        RecordError: the file that tells cannot be read.
    """
    return _read(path).unsure if path.is_file() else 0


def _read(path: Path) -> Unanswered:
    """The question in a file that is named after it."""
    asked = asked_in(path, _COUNTED)
    failure = asked.get("failure")
    unsure = failure.get("unsure", 0) if isinstance(failure, dict) else None  # older ones do not tell
    if type(unsure) is not int or unsure < 0:
        raise cannot_read(path, ValueError("it does not tell why there is no answer"), _COUNTED)
    return Unanswered(asked["about"], asked["model"], asked["messages"], unsure)
