"""A run that may be growing, read anew only where its files have."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

from text2reward.record.feedback import FEEDBACK, Feedback, read
from text2reward.record.reader import Run, load
from text2reward.record.writer import EVENTS


class Follower:
    """Reads one run's folder for several threads.

    Args:
        folder: the run's.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mutex = threading.Lock()
        self._run: Run | None = None
        self._size = ""

    def version(self) -> str:
        """Changes whenever the record, a curve, what people said or the films do."""
        return hashlib.sha256("\n".join(self._sizes()).encode()).hexdigest()[:16]

    def run(self) -> Run:
        """The run as it is.

        Raises:
            RecordError: the record is broken or gone.
        """
        with self._mutex:
            size = self.version()
            if self._run is None or size != self._size:
                self._run, self._size = load(self.folder), size
            return self._run

    def said(self) -> list[Feedback]:
        """What people said so far.

        Raises:
            RecordError: a line is broken.
        """
        return read(self.folder)

    def _sizes(self) -> Iterator[str]:
        for name in (EVENTS, FEEDBACK):
            yield f"{name} {_size(self.folder / name)}"
        for pattern in ("candidates/*/*/curves.csv", "candidates/*/*/rating/*.json"):
            for path in sorted(self.folder.glob(pattern)):
                yield f"{path} {_size(path)}"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
