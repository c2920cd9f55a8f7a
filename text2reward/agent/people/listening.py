"""Listening to people at a round's end: at once, or until they say that the run may go on."""

from __future__ import annotations

import time

from text2reward.agent.config import Human
from text2reward.agent.journal import Journal
from text2reward.agent.notices import Waiting
from text2reward.agent.people.hearing import all_done, hear, waited_for
from text2reward.record.events import Heard
from text2reward.record.feedback import FEEDBACK, Feedback, read

_POLL_S = 0.5


class Listener:
    """Takes what people said, once a round, and records it before anything is made of it.

    Args:
        human: ``wait`` until people say that they are done, take what stands (``async``), or do not look (``off``).
        journal: the run.
    """

    def __init__(self, human: Human, journal: Journal) -> None:
        self._human, self._journal = human, journal

    def heard(self, number: int) -> bool:
        """Whether round ``number`` has been listened to."""
        return self._journal.find(Heard, lambda event: event.round == number) is not None

    def listen(self, number: int) -> None:
        """Record what people say at the end of round ``number``; once.

        Raises:
            RecordError: a line of what was said is broken.
        """
        if self._human == "off" or self.heard(number):
            return
        if self._human == "wait":
            with self._journal.waiting():
                said = self._awaited(number)
        else:
            said = read(self._journal.folder)
        self._journal.append(hear(self._journal.run, said, number))

    def _awaited(self, number: int) -> list[Feedback]:
        """What was said, once everybody who says something in this round has said that they are done.

        There is nothing to ask about where no policy was trained.
        """
        run, told = self._journal.run, None
        state: tuple[int, int] | None = None
        while True:
            before, state = state, self._state()
            if state != before:
                said = read(self._journal.folder)
                if not any(candidate.success for candidate in run.candidates.values()) or all_done(run, said):
                    return said
                waiting = Waiting(self._journal.folder, number, tuple(sorted(waited_for(run, said))))
                if waiting != told:
                    self._journal.tell(waiting)
                    told = waiting
            time.sleep(_POLL_S)

    def _state(self) -> tuple[int, int]:
        """What changes when somebody says something, or puts another file in its place."""
        path = self._journal.folder / FEEDBACK
        stat = path.stat() if path.is_file() else None
        return (stat.st_size, stat.st_mtime_ns) if stat is not None else (0, 0)
