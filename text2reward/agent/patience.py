"""How long a model is waited for, and how often it is asked the same again.

A request that nobody answered costs nothing: it is sent again for as long as an outage may last. A request that may
have been answered may have to be paid for: it is sent again twice at most.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

UNANSWERED, UNSURE, REFUSED = "unanswered", "unsure", "refused"

OUTAGE_S = 900.0
"""Seconds for which requests that nobody answers are repeated."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
AGAIN = 2
"""How often a request that may have been answered is sent again."""
STRANGER = 6
"""Requests to a server that was never reached: most likely its address is wrong."""


@dataclass(frozen=True)
class Clock:
    """Where time comes from.

    Args:
        now: seconds on a clock that only goes forward.
        wait: waits for that many seconds, or until the event is set; says whether it was set.
        jitter: by what waits are multiplied, so that many who wait do not come back together.
    """

    now: Callable[[], float] = time.monotonic
    wait: Callable[[threading.Event, float], bool] = lambda event, seconds: event.wait(seconds)
    jitter: Callable[[], float] = lambda: random.uniform(0.5, 1.5)


@dataclass(frozen=True)
class Trouble:
    """Why a request has no usable answer.

    Args:
        kind: ``unanswered`` for sure, ``unsure``, or ``refused`` for good.
        text: what happened, in words.
        answered: whether the server was there to say anything.
        after_s: seconds after which the server asks to be asked again; None where it does not say.
        for_all: whether it refuses every question, and not only this one.
    """

    kind: str
    text: str
    answered: bool = True
    after_s: float | None = None
    for_all: bool = False

    @property
    def final(self) -> bool:
        """Whether asking again is of no use."""
        return self.kind == REFUSED


class Patience:
    """Decides whether one question is asked again, and when.

    Args:
        clock: where time comes from.
        over: set when a question to the same server was given up: then nobody waits any longer.
    """

    def __init__(self, clock: Clock, over: threading.Event) -> None:
        self._clock, self._over = clock, over
        self._began: float | None = None
        self._tried = 0
        self._wait_s = FIRST_WAIT_S
        self.unsure = 0

    def after(self, trouble: Trouble, known: bool) -> float | None:
        """Seconds to wait before the question is asked again; None where it is given up.

        Args:
            trouble: the last one.
            known: whether the server was ever reached.
        """
        now = self._clock.now()
        self._began = now if self._began is None else self._began
        self._tried += 1
        self.unsure += trouble.kind == UNSURE
        if self.unsure > AGAIN or self._over.is_set() or (not known and self._tried >= STRANGER):
            return None
        wait_s = max(trouble.after_s or 0.0, self._wait_s * self._clock.jitter())  # some say 0, again and again
        self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)
        return None if now - self._began + wait_s > OUTAGE_S else wait_s

    def wait(self, seconds: float) -> bool:
        """Wait; whether it is still of use to ask."""
        return not self._clock.wait(self._over, seconds)

    @property
    def times(self) -> str:
        """How often it was tried, and for how long."""
        spent = 0.0 if self._began is None else self._clock.now() - self._began
        often = "once" if self._tried == 1 else f"{self._tried} times"
        return often + (f" in {spent / 60:.0f} min" if spent >= 60 else "")

    def __str__(self) -> str:
        spent = 0.0 if self._began is None else self._clock.now() - self._began
        return f" ({spent / 60:.0f} min so far, at most {OUTAGE_S / 60:.0f})" if spent >= 60 else ""
