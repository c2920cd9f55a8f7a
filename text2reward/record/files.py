"""Files of a run's folder, which may come from anywhere: nothing else is touched, and what is damaged is said so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from text2reward.errors import RecordError, shorten

RESTORE = "Restore it from a copy."


def inside(folder: Path, name: str) -> Path:
    """Where the file or folder lies that the record of the run in ``folder`` calls ``name``.

    Raises:
        RecordError: elsewhere, by its name or by a link: a record that was copied may name any file of this machine.
    """
    path = folder / name
    try:
        there = not Path(name).is_absolute() and path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # a name no file system takes; links in a circle
        there = False
    if not there:
        raise RecordError(
            f"The record of {folder} names {shorten(name)!r}, which is no file in that folder.",
            "Restore the folder from a copy.",
        )
    return path


def parsed(text: str | bytes) -> Any:
    """What stands in JSON text.

    Raises:
        ValueError: it is none, or nested too deeply.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        RecordError: it is gone, or cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise cannot_read(path, error) from error


def read_json(path: Path) -> Any:
    """What stands in a JSON file.

    Raises:
        RecordError: it is gone, or cannot be read.
    """
    try:
        return parsed(read_text(path))
    except ValueError as error:
        raise cannot_read(path, error) from error


def cannot_read(path: Path, error: OSError | ValueError, hint: str = RESTORE) -> RecordError:
    """For a file that is gone or damaged.

    Args:
        path: the file.
        error: why it cannot be read.
        hint: what to do.
    """
    why = error.strerror if isinstance(error, OSError) else str(error)
    return RecordError(f"Cannot read {path}: {why}.", hint)
