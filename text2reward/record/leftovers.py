"""What a killed process leaves half written in a run's folder."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

_OF_PROCESS = re.compile(r"\..+\.(\d+)\.part")
_OF_TRAINERS = (
    "part-bank.npz",
    "part-random.npz",
    "candidates/*/s*/checkpoint.part",
    "candidates/*/s*/policy.part.zip",
    "candidates/*/s*/vecnormalize.part",
    "candidates/*/s*/part-trajectories.npz",
)


def clear_away(folder: Path) -> None:
    """Delete what processes that are gone were writing; whoever calls this is the only one to work on the run.

    People may be rating its films meanwhile: what a living process writes stays.
    """
    left = [path for path in folder.rglob(".*.part") if _writer_is_gone(path)]
    left += [path for pattern in _OF_TRAINERS for path in folder.glob(pattern)]
    for path in left:
        with contextlib.suppress(OSError):
            path.unlink()


def _writer_is_gone(path: Path) -> bool:
    found = _OF_PROCESS.fullmatch(path.name)
    if found is None:
        return False
    try:
        os.kill(int(found[1]), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False
