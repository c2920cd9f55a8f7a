"""What was shown to whom, and their answers: each showing is answered once, and is on the disk before it counts."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from text2reward.record.feedback import BestWorst, Comment, Feedback, PairVote, Said, Undo, append, check
from text2reward.record.taking_back import last_of, one_of
from text2reward.web.serve.asking import Answered
from text2reward.web.serve.follower import Follower
from text2reward.web.serve.ports import Film

Mode = Literal["pair", "grid"]
KINDS: dict[Mode, type[PairVote | BestWorst]] = {"pair": PairVote, "grid": BestWorst}
"""What is answered in which mode."""


@dataclass(frozen=True)
class Showing:
    """Films put before one rater.

    Args:
        mode: two of them, or a grid.
        rater: to whom.
        candidates: in the order they are shown, unnamed.
        films: theirs.
        seed: of the episode.
        repeats: see :class:`~text2reward.record.feedback.PairVote`.
        id: what the page knows it by.
    """

    mode: Mode
    rater: str
    candidates: tuple[str, ...]
    films: tuple[Film, ...]
    seed: int
    repeats: str = ""
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))


class Desk:
    """Keeps the showings and writes the answers. Safe for many threads.

    Args:
        follower: reads the run.
    """

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        self._mutex = threading.Lock()
        self._showings: dict[str, Showing] = {}
        self._open: dict[tuple[str, Mode], str] = {}
        self._answers: dict[str, Feedback] = {}
        self._written: dict[tuple[str, str], Feedback] = {}

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return self._follower.folder

    def showing(self, name: str) -> Showing | None:
        """The showing of that id."""
        return self._showings.get(name)

    def open_for(self, rater: str, mode: Mode) -> Showing | None:
        """What the rater has before them and did not answer yet, in this or another tab.

        Raises:
            ValueError: the rater has no name.
        """
        check(Comment(""), rater)
        with self._mutex:
            return self._showings.get(self._open.get((rater, mode), ""))

    def show(self, new: Showing) -> Showing:
        """Put ``new`` before its rater; where they have another before them already, that one stays."""
        with self._mutex:
            known = self._open.setdefault((new.rater, new.mode), new.id)
            return self._showings.setdefault(known, new)

    def answer(self, rater: str, name: str, nonce: str, said: Callable[[Showing], Said]) -> Feedback:
        """Write the answer to a showing; the same nonce again is the same answer, and is not written twice.

        Raises:
            Answered: it has an answer.
            ValueError: there is no such showing for that rater, or the answer cannot be taken.
            RecordError: the disk is full or gone.
        """
        with self._mutex:
            if (rater, nonce) in self._written:
                return self._written[rater, nonce]
            shown = self._showings.get(name)
            if shown is None:
                raise ValueError("The server has been started anew since these films were shown. Load the page again.")
            if shown.rater != rater:
                raise ValueError("These films were shown to another rater.")
            if name in self._answers:
                raise Answered("You answered this one already, perhaps in another tab. It was counted once.")
            feedback = self._append(said(shown), rater, nonce)
            self._answers[name] = feedback
            del self._open[rater, shown.mode]
            return feedback

    def write(self, rater: str, nonce: str, said: Said) -> Feedback:
        """Write what needs no showing, once for each nonce.

        Raises:
            ValueError: it cannot be taken.
            RecordError: the disk is full or gone.
        """
        with self._mutex:
            return self._written.get((rater, nonce)) or self._append(said, rater, nonce)

    def undo(self, rater: str, of: str, nonce: str, mode: Mode = "pair") -> Feedback:
        """Take back what the rater said under the id ``of``, or their last answer of that ``mode`` where it is empty.

        Returns:
            What was taken back.

        Raises:
            ValueError: there is nothing such that stands and that the run has not heard.
            RecordError: the disk is full or gone.
        """
        check(Comment(""), rater)
        with self._mutex:
            run, said = self._follower.run(), self._follower.said()
            before = self._written.get((rater, nonce))
            if before is not None and isinstance(before.said, Undo):  # sent again because its thanks were lost
                return next(each for each in said if each.id == before.said.of)
            found = one_of(run, said, rater, of) if of else last_of(run, said, rater, (KINDS[mode],))
            self._append(Undo(found.id), rater, nonce)
            return found

    def show_again(self, new: Showing) -> None:
        """Put films before their rater in place of what they have before them."""
        with self._mutex:
            self._showings[new.id] = new
            self._open[new.rater, new.mode] = new.id

    def _append(self, said: Said, rater: str, nonce: str) -> Feedback:
        feedback = append(self.folder, said, rater)
        if nonce:
            self._written[rater, nonce] = feedback
        return feedback
