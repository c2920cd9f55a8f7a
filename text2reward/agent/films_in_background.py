"""Making films that people rate while a run goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from text2reward.agent.rating_films import rating_films
from text2reward.errors import UserError
from text2reward.record.reader import Run
from text2reward.training.workers import Cancelled, Workers


class FilmsInBackground:
    """Films a run's candidates while the run goes on; nothing of the run waits for it.

    Args:
        workers: who films.
        told: called, once for each, with what a person should know: why something is not filmed.
    """

    def __init__(self, workers: Workers, told: Callable[[str], None] = lambda note: None) -> None:
        self._workers, self._told = workers, told
        self._lock = threading.Lock()
        self._due: Run | None = None
        self._thread: threading.Thread | None = None
        self._said: set[str] = set()

    def film(self, run: Run) -> None:
        """Film what is missing of ``run``, after what is being filmed already; returns at once."""
        with self._lock:
            self._due = run
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait until there is nothing left to film, or until the time is up."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)

    def _work(self) -> None:
        while True:
            with self._lock:
                run, self._due = self._due, None
                if run is None:
                    self._thread = None
                    return
            try:
                notes: Iterable[str] = rating_films(run, self._workers).make()
            except UserError as error:
                notes = [str(error)]
            except Cancelled:
                notes = []
            for note in notes:
                if note not in self._said:
                    self._said.add(note)
                    self._told(note)
