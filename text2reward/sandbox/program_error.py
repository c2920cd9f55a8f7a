"""The fault of a program itself. An exported reward carries this file with it."""

from __future__ import annotations


class ProgramError(Exception):
    """The program itself is to blame.

    Args:
        name: kind of finding.
        message: what is wrong.
        line: where, when known.
    """

    def __init__(self, name: str, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.name, self.message, self.line = name, message, line
