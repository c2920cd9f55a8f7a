"""A finding: one thing that is wrong with a candidate, said so that a person or a model can act on it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any, Literal

FindingLevel = Literal["error", "warning"]

MACHINE = frozenset({"simulator-failed", "out-of-memory", "no-sign-of-life", "trainer-died"})
"""Names of what goes wrong in a training by the simulator's or the machine's fault: it says nothing about a program."""


@dataclass(frozen=True)
class Finding:
    """One thing noticed about a reward program or its training.

    Args:
        name: what kind of thing, in kebab case, for example ``unknown-field``.
        message: what was found and what to write or do instead.
        line: line of the program, counted from 1; None where no line is to blame.
        level: an ``error`` stops the candidate; a ``warning`` goes along with it.
        example: the smallest case that shows it; empty where there is none.
    """

    name: str
    message: str
    line: int | None = None
    level: FindingLevel = "error"
    example: str = ""

    def to_json(self) -> dict[str, Any]:
        """The finding as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Finding:
        """The finding that :meth:`to_json` wrote."""
        return cls(**data)

    @property
    def by_machine(self) -> bool:
        """Whether the simulator or the machine is to blame, and not the program."""
        return self.name in MACHINE

    @property
    def text(self) -> str:
        """The message, with the example where there is one."""
        return f"{self.message}; for example {self.example}" if self.example else self.message

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line is not None else ""
        return f"{place}{self.text} [{self.name}]"


def steady(text: str) -> str:
    """The text without addresses in memory, which are others each time: a finding is told to a model."""
    return re.sub(r"\b0x[0-9a-fA-F]{6,}\b", "0x...", text)
