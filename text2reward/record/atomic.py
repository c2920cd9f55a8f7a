"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` so that a reader, or a crash, never sees half of it."""
    write_bytes(path, text.encode("utf-8", "replace"))


def write_json(path: Path, data: Any) -> None:
    """Write ``data`` as indented JSON; see :func:`write_text`."""
    write_bytes(path, as_json(data))


def as_json(data: Any) -> bytes:
    """What :func:`write_json` writes."""
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")


@contextlib.contextmanager
def written(path: Path, part: Path) -> Iterator[Path]:
    """Within it, ``part`` is written; then it is put in place as ``path``, or removed where it failed: a full disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield part
        put_in_place(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


@contextlib.contextmanager
def room_for(path: Path, size: int) -> Iterator[BinaryIO]:
    """Take the room for a file before there is what to write into it; the file is in place afterwards.

    Args:
        path: the file's.
        size: bytes that it surely can have; where it has more, the disk has to have room for these later.

    Yields:
        What to write into, from its start.

    Raises:
        OSError: at once, where there is no room.
    """
    with written(path, _part_of(path)) as part, part.open("w+b") as file:
        file.write(bytes(size))
        file.seek(0)
        yield file
        file.truncate()


def put_in_place(part: Path, path: Path) -> None:
    """Rename the finished file ``part`` to ``path``, so that after a power cut one of both is there, whole."""
    _sync(part)
    os.replace(part, path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``; see :func:`write_text`."""
    with written(path, _part_of(path)) as part:
        part.write_bytes(data)


def _part_of(path: Path) -> Path:
    """Where a file of this process is written until it is whole."""
    return path.with_name(f".{path.name}.{os.getpid()}.part")
