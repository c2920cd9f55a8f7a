"""Making films that people rate while a run goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from text2reward.agent.notices import FilmState
from text2reward.agent.rating_films import rating_films
from text2reward.errors import RenderError, UserError
from text2reward.record.reader import Run
from text2reward.training.workers import Cancelled, Workers

_LAST_S = 10.0
"""How long a film that was called off is waited for."""


class FilmsInBackground:
    """Films a run's candidates while the run goes on; nothing of the run waits for it.

    Args:
        workers: who films.
        told: called, once for each, with what a person should know: why something is not filmed.
        impossible: called once where nothing can be drawn here, with what to do; nothing is tried after that.
    """

    def __init__(
        self,
        workers: Workers,
        told: Callable[[str], None] = lambda note: None,
        impossible: Callable[[str], None] | None = None,
    ) -> None:
        self._workers, self._told, self._impossible = workers, told, impossible or told
        self._lock = threading.Lock()
        self._due: Run | None = None
        self._thread: threading.Thread | None = None
        self._said: set[str] = set()
        self._over = False
        self._state: FilmState = "made"

    @property
    def state(self) -> FilmState:
        """Whether what was asked for is being made, is there, or cannot be made here."""
        return self._state

    def film(self, run: Run) -> None:
        """Film what is missing of ``run``, after what is being filmed already; returns at once."""
        with self._lock:
            if self._over or self._state == "none":
                return
            self._due, self._state = run, "making"
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True, name="films")
                self._thread.start()

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait until there is nothing left to film, or until the time is up."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)

    def stop(self) -> None:
        """Call off what is being filmed, and with it whatever else the workers do; say nothing more."""
        with self._lock:
            self._over, self._due = True, None
            busy = self._thread is not None
        if busy:
            self._workers.cancel()
            self.wait(_LAST_S)

    def _work(self) -> None:
        while True:
            with self._lock:
                run, self._due = self._due, None
                if run is None:
                    self._thread = None
                    self._state = "made" if self._state == "making" else self._state
                    return
            self._film(run)

    def _film(self, run: Run) -> None:
        notes: Iterable[str] = ()
        try:
            notes = rating_films(run, self._workers).make()
        except RenderError as error:
            if not self._over:
                self._impossible(str(error))
            with self._lock:
                self._due, self._state = None, "none"
        except UserError as error:
            notes = [str(error)]
        except Cancelled:
            return
        except Exception as error:  # a run is not lost to a film
            notes = [f"films to rate could not be made ({type(error).__name__}: {error})"]
        for note in notes:
            if note not in self._said and not self._over:
                self._said.add(note)
                self._told(note)
