"""Refusing values that are out of range, in words that name the flag."""

from __future__ import annotations

from math import inf

from text2reward.errors import UserError


def flag(name: str) -> str:
    """The flag of a setting."""
    return f"--{name.replace('_', '-')}"


def at_least(name: str, value: int, least: int) -> None:
    """Refuse a setting that is too small.

    Raises:
        UserError: names the flag and the least value.
    """
    if value < least:
        raise UserError(f"{flag(name)} is {value}.", f"Use at least {least}.")


def positive(name: str, value: float) -> None:
    """Refuse what is not above 0, or not finite.

    Raises:
        UserError: names the flag.
    """
    if not 0 < value < inf:
        raise UserError(f"{flag(name)} is {value:g}.", "Use a number above 0.")


def not_negative(name: str, value: float) -> None:
    """Refuse what is below 0, or not finite.

    Raises:
        UserError: names the flag.
    """
    if not 0 <= value < inf:
        raise UserError(f"{flag(name)} is {value:g}.", "Use 0 or more.")


def share(name: str, value: float) -> None:
    """Refuse what is no number from 0 to 1.

    Raises:
        UserError: names the flag.
    """
    if not 0 <= value <= 1:
        raise UserError(f"{flag(name)} is {value:g}.", "Use a number from 0 to 1.")


def count_or_minus_one(name: str, value: int) -> None:
    """Refuse what is neither -1 nor a number of things.

    Raises:
        UserError: names the flag.
    """
    if value != -1 and value < 1:
        raise UserError(f"{flag(name)} is {value}.", "Use -1, or 1 and more.")
