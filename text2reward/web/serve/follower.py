"""A run that may be growing, read anew only where its files have."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

from text2reward.record.feedback import FEEDBACK, Feedback, read
from text2reward.record.reader import Run, load
from text2reward.record.writer import CURVES, EVENTS


class Follower:
    """Reads one run's folder for several threads.

    Args:
        folder: the run's.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mutex = threading.Lock()
        self._run: tuple[str, Run] | None = None
        self._said: tuple[int, list[Feedback]] | None = None

    def version(self) -> str:
        """Changes whenever the record, a curve, what people said or the films do."""
        sizes = [*self._sizes(), f"{FEEDBACK} {_size(self.folder / FEEDBACK)}"]
        return hashlib.sha256("\n".join(sizes).encode()).hexdigest()[:16]

    def run(self) -> Run:
        """The run as it is.

        Raises:
            RecordError: the record is broken or gone.
        """
        with self._mutex:
            sizes = "\n".join(self._sizes())
            if self._run is None or self._run[0] != sizes:
                self._run = sizes, load(self.folder)
            return self._run[1]

    def said(self) -> list[Feedback]:
        """What people said so far.

        Raises:
            RecordError: a line is broken.
        """
        with self._mutex:
            size = _size(self.folder / FEEDBACK)
            if self._said is None or self._said[0] != size:
                self._said = size, read(self.folder)
            return list(self._said[1])

    def _sizes(self) -> Iterator[str]:
        yield f"{EVENTS} {_size(self.folder / EVENTS)}"
        for pattern in (f"candidates/*/*/{CURVES}", "candidates/*/*/rating/*.json"):
            for path in sorted(self.folder.glob(pattern)):
                yield f"{path} {_size(path)}"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
