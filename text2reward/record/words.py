"""Numbers and names as they stand in sentences."""

from __future__ import annotations

from collections.abc import Sequence


def counted(number: int, thing: str, things: str = "") -> str:
    """A number with what it counts: ``1 vote``, ``2,000 votes``; ``things`` where the plural is not with an s."""
    return f"{number:,} {thing if number == 1 else things or f'{thing}s'}"


def listed(names: Sequence[str]) -> str:
    """``anna``, ``anna and ben``, ``anna, ben and cem``; empty without any."""
    *others, last = names or ("",)
    return f"{', '.join(others)} and {last}" if others else last
