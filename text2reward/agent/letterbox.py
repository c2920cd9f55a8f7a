"""Waiting for a file that a person, or a program of theirs, writes."""

from __future__ import annotations

import time
from pathlib import Path

from text2reward.errors import UserError

_POLL_S = 0.5
_STILL = 4
"""Polls over which a file must not have grown: whoever writes it may pause."""


def awaited(path: Path) -> str:
    """The text of the file, once it is not empty and has stopped growing.

    Raises:
        UserError: it cannot be read.
    """
    size = still = 0
    while still < _STILL:
        time.sleep(_POLL_S)
        before, size = size, size_of(path)
        still = still + 1 if size and size == before else 0
    return read_text(path)


def size_of(path: Path) -> int:
    """Bytes in the file; 0 where there is none."""
    return path.stat().st_size if path.is_file() else 0


def read_text(path: Path) -> str:
    """What the file says.

    Raises:
        UserError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"Cannot read the answer from {path}: {error}.", "Resume the run to be asked again.") from error
