"""The tiers of the lock, and which of them holds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Tier = Literal["A", "B", "C", "D"]
"""A: Landlock and seccomp. B: seccomp alone. C: a macOS sandbox profile. D: resource limits only."""


@dataclass(frozen=True)
class Lock:
    """What holds a reward process in.

    Args:
        tier: how good it is.
        how: what it is made of, in words.
        why_not_better: what is missing for a better tier; empty for the best.
    """

    tier: Tier
    how: str
    why_not_better: str = ""

    @property
    def line(self) -> str:
        """All of it on one line."""
        return f"tier {self.tier}: {self.how}{f' ({self.why_not_better})' if self.why_not_better else ''}"

    def to_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return asdict(self)
