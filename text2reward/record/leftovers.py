"""What a killed process leaves half written in a run's folder."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

_OF_PROCESS = re.compile(r"\..+\.(\d+)\.part(\.mp4)?")
_OF_TRAINERS = (
    "part-bank.npz",
    "part-random.npz",
    "candidates/*/s*/checkpoint.part",
    "candidates/*/s*/policy.part.zip",
    "candidates/*/s*/vecnormalize.part",
    "candidates/*/s*/part-trajectories.npz",
)


def clear_away(folder: Path) -> None:
    """Delete what processes that are gone were writing into a run's folder.

    Whoever calls this is the only one to train there; people may be rating its films meanwhile.
    """
    clear_parts(folder)
    for pattern in _OF_TRAINERS:
        _delete(folder.glob(pattern))


def clear_parts(folder: Path) -> None:
    """Delete the files below ``folder`` that are named after a process that is gone; before one of ours is begun."""
    _delete(path for path in folder.rglob(".*.part*") if writer_is_gone(path))


def _delete(paths: Iterable[Path]) -> None:
    for path in list(paths):
        with contextlib.suppress(OSError):
            path.unlink()


def writer_is_gone(path: Path) -> bool:
    """Whether a half-written file or folder is named after a process that is gone."""
    found = _OF_PROCESS.fullmatch(path.name)
    if found is None:
        return False
    if int(found[1]) == os.getpid():  # one before had the same number, as happens in containers
        return True
    try:
        os.kill(int(found[1]), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False
