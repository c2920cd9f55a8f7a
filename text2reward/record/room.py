"""What to say where a disk is full."""

from __future__ import annotations

import contextlib
import errno
import shutil
from pathlib import Path

from text2reward.errors import DiskFull, RecordError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LITTLE = 1 << 16
"""Bytes that a disk has left where it is full for all that is written here."""
_MUCH = 1 << 30
"""Bytes that a disk has left where it is something else that is full."""


def is_full(error: OSError) -> bool:
    """Whether a write failed for want of room: of a disk, of a quota, or of what a process may write."""
    return error.errno in _FULL


def _failed_write(error: BaseException) -> OSError | None:
    """The write that failed for want of room, and an error with it."""
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        if isinstance(each, OSError) and is_full(each):
            return each
        each = each.__cause__ or each.__context__
    return None


def full_disk(error: BaseException, place: Path | str) -> DiskFull | None:
    """What to say where an error came from a disk that is full; None where it has another cause.

    Args:
        error: what was raised.
        place: where to look for room where the failed write does not name a file.
    """
    full = _failed_write(error)
    return None if full is None else no_room(Path(full.filename or place))


def no_room(path: Path) -> DiskFull:
    """For a file or folder that found no room: says which folder, how much is free there, and what to do."""
    folder = next((each for each in (path, *path.parents) if each.is_dir()), Path("/"))
    why = ""
    with contextlib.suppress(OSError):
        disk = shutil.disk_usage(folder)
        much = disk.free > _MUCH
        why = "a quota or a limit for files is reached" if much else f"{disk.free / 1e6:.1f} MB are free"
        why = f" ({why})"
    return DiskFull(f"No space left in {folder}{why}.", "Make room there.")


def cannot_write(path: Path, error: OSError, hint: str) -> RecordError:
    """For a file or folder that cannot be written.

    Args:
        path: what was to be written.
        error: why not.
        hint: what to do where it is not for want of room.
    """
    if is_full(error):
        return no_room(path)
    return RecordError(f"Cannot write to {path}: {error.strerror}.", hint)


def check_room(folder: Path) -> None:
    """Look whether something can still be written, after a program failed that does not say why.

    Raises:
        DiskFull: next to nothing can.
    """
    with contextlib.suppress(OSError):
        if shutil.disk_usage(folder).free < _LITTLE:
            raise no_room(folder)
