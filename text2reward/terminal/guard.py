"""Nothing that is shown in a terminal can give it orders: models, people and programs are strangers."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import unicodedata
from collections.abc import Iterator
from typing import Any, TextIO, cast


def printable(text: str) -> str:
    """The text without what a terminal would obey: controls, escapes, and letters that turn or hide others."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_letter, text.replace("\r\n", "\n")))


def _letter(letter: str) -> str:
    if letter.isprintable() or letter in "\n\t":
        return letter
    return " " if unicodedata.category(letter) == "Zs" else "�"


class Guarded:
    """A stream that writes only what is printable; everything else it does as the stream does it.

    Args:
        stream: where it writes to.
    """

    def __init__(self, stream: TextIO) -> None:
        self.unguarded = unguarded(stream)

    def write(self, text: str) -> int:
        """Write what a terminal does not obey; returns how much was asked for."""
        self.unguarded.write(printable(text))
        return len(text)

    def writelines(self, lines: Iterator[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unguarded, name)


def unguarded(stream: TextIO) -> TextIO:
    """The stream itself, for those who draw and guard what they draw themselves."""
    return cast(TextIO, getattr(stream, "unguarded", stream))


def guard(stream: TextIO) -> TextIO:
    """The stream behind a guard."""
    return cast(TextIO, Guarded(stream))


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Guard standard output and standard error: they show letters that they do not know as question marks."""
    out, err = sys.stdout, sys.stderr
    with open(os.devnull, "w") as nowhere:
        sys.stdout, sys.stderr = guard(_any_letter(out or nowhere)), guard(_any_letter(err or nowhere))
        try:
            yield
        finally:
            sys.stdout, sys.stderr = out, err


def _any_letter(stream: TextIO) -> TextIO:
    if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
        stream.reconfigure(errors="replace")
    return stream
