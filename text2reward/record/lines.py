"""Appending lines to a file that several processes append to at once."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

Whole = Callable[[str], bool]

_BLOCK = 1 << 16


def append_line(path: Path, line: str, whole: Whole) -> None:
    """Write one line and wait until it is on the disk; nothing half-written is left behind.

    Args:
        path: the file; made where there is none.
        line: without its line break.
        whole: whether a last line without a line break is complete.

    Raises:
        OSError: the disk is full or gone, or the file cannot be locked.
    """
    file = _open_locked(path)
    try:
        _write(file, path, line.encode() + b"\n", whole)
    finally:
        os.close(file)


def _open_locked(path: Path) -> int:
    """The file, for this process alone; again if it was replaced meanwhile, as by a program that copies folders."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            mine, there = os.fstat(file), os.stat(path)
            if (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino):
                return file
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(file)
            raise
        os.close(file)


def _write(file: int, path: Path, line: bytes, whole: Whole) -> None:
    _end_line(file, whole)
    start = os.fstat(file).st_size
    try:
        while line:
            line = line[os.write(file, line) :]
        os.fsync(file)
        if not start:
            _sync_folder(path.parent)
    except OSError:
        os.ftruncate(file, start)
        raise


def _sync_folder(folder: Path) -> None:
    """Have the disk know that the folder holds a file more."""
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _end_line(file: int, whole: Whole) -> None:
    """Have the next line begin a line.

    A line that was being written when the power went is cut off; one that an editor left without its line break is
    whole and gets it.
    """
    size = os.fstat(file).st_size
    if not size or os.pread(file, 1, size - 1) == b"\n":
        return
    start = _start_of_last_line(file, size)
    if whole(os.pread(file, size - start, start).decode("utf-8", "replace")):
        os.write(file, b"\n")
    else:
        os.ftruncate(file, start)


def _start_of_last_line(file: int, size: int) -> int:
    for end in range(size, 0, -_BLOCK):
        begin = max(0, end - _BLOCK)
        found = os.pread(file, end - begin, begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
    return 0
