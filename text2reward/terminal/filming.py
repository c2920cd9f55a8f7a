"""Films that are made while a person is asked about those that are there."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from text2reward.agent.rating_films import RatingFilms
from text2reward.errors import UserError
from text2reward.record.candidate import Candidate
from text2reward.record.film import Film

_AT_ONCE_S = 0.2
"""What is wrong from the start is known by then."""


class _Enough(Exception):
    """Nobody asks for more."""


class Filming:
    """Makes films in a thread of its own, until one fails or nobody asks for more."""

    def __init__(self) -> None:
        self.problem: UserError | None = None
        """Why there will be no more films."""
        self._thread: threading.Thread | None = None
        self._over = False

    @property
    def busy(self) -> bool:
        """Whether a film is being made."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, films: RatingFilms, owed: Sequence[Candidate]) -> bool:
        """Film what is owed, unless films are being made or cannot be; whether it was begun."""
        if self.busy or self.problem is not None:
            return False
        self._thread = threading.Thread(target=self._work, args=(films, owed), daemon=True, name="films")
        self._thread.start()
        self.wait(_AT_ONCE_S)
        return True

    def wait(self, timeout_s: float) -> None:
        """Wait until nothing is being made, or until the time is up."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def stop(self) -> None:
        """Begin no further film."""
        self._over = True

    def _work(self, films: RatingFilms, owed: Sequence[Candidate]) -> None:
        def told(film: Film) -> None:
            if self._over:
                raise _Enough

        try:
            films.make(owed, told=told)
        except UserError as error:
            self.problem = error
        except _Enough:
            return
