"""Numbers with the noun they count."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """``1 vote``, ``2 votes``, ``1,200 votes``.

    Args:
        number: of things.
        noun: for one of them.
        plural: for any other number, where it is more than the noun with an s.
    """
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
