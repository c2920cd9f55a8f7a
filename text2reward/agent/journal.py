"""The loop's memory: the record on disk, kept in step with what the loop knows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from text2reward.agent.notices import Notice, Watcher
from text2reward.record.entry import Entry
from text2reward.record.events import Asked, Event, Resumed, RunStarted
from text2reward.record.hiding import Hiding
from text2reward.record.reader import Run, load
from text2reward.record.writer import RecordWriter

E = TypeVar("E", bound=Event)


class Journal:
    """Appends events and answers what is already done. Safe to use from several threads.

    Args:
        writer: the run's record.
        watch: told of every event after it was written.
        hiding: what is not kept of the words of an event.
    """

    def __init__(self, writer: RecordWriter, watch: Watcher, hiding: Hiding | None = None) -> None:
        self._writer, self._watch, self._hiding = writer, watch, hiding or Hiding()
        self._lock = threading.Lock()
        self._run = load(writer.folder)
        self._began, self._sessions_s = time.monotonic(), sum(_sessions(self._run.entries))

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return self._writer.folder

    @property
    def run(self) -> Run:
        """The run as far as it is recorded."""
        return self._run

    def append(self, event: Event) -> None:
        """Record an event, then tell whoever watches."""
        event = self._hiding.words(event)
        with self._lock:
            entry = self._writer.append(event)
            self._run = Run(self.folder, (*self._run.entries, entry))
        self._watch(event)

    def append_once(self, asked: Asked) -> None:
        """Record an exchange with a model unless it is on record already."""
        if self.find(Asked, lambda event: event.key == asked.key) is None:
            self.append(asked)

    def tell(self, notice: Notice) -> None:
        """Tell whoever watches something that is not recorded."""
        self._watch(notice)

    def write(self, name: str, text: str) -> str:
        """Write a file below the run's folder; returns ``name``."""
        return self._writer.write(name, text)

    def find(self, kind: type[E], which: Callable[[E], bool] = lambda event: True) -> E | None:
        """The first recorded event of a kind for which ``which`` holds."""
        return next((event for event in self._run.events(kind) if which(event)), None)

    def wall_s(self) -> float:
        """Seconds of work so far: each session from its start to its last event, without waiting for people."""
        return round(sum(_sessions(self._run.entries)) - self._run.waited_s, 2)

    def run_s(self) -> float:
        """Seconds that the run has worked, to this moment; interruptions and waiting for people left out.

        Of a session that was killed, its last event ends what is known.
        """
        return max(0.0, self._sessions_s + time.monotonic() - self._began - self._run.waited_s)


def _sessions(entries: tuple[Entry, ...]) -> list[float]:
    lengths: list[float] = []
    start = None
    for entry in entries:
        if entry.aside:
            continue
        if isinstance(entry.event, RunStarted | Resumed):
            start = entry
            lengths.append(0.0)
        elif start is not None:
            lengths[-1] = entry.since(start)
    return lengths
