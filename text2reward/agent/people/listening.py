"""Listening to people at a round's end: at once, or until they say that the run may go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from text2reward.agent.config import Human
from text2reward.agent.journal import Journal
from text2reward.agent.notices import FilmState, Waiting
from text2reward.agent.people.hearing import all_done, hear, waited_for
from text2reward.record.events import AwaitsPeople, Heard
from text2reward.record.feedback import FEEDBACK, Feedback, read

_POLL_S = 0.5


class Listener:
    """Takes what people said, once a round, and records it before anything is made of it.

    Args:
        human: ``wait`` until people say that they are done, take what stands (``async``), or do not look (``off``).
        journal: the run.
        films: whether the films that people rate are there.
        before: what was said in the run that is replayed, by round; it is taken as it was.
    """

    def __init__(
        self,
        human: Human,
        journal: Journal,
        films: Callable[[], FilmState] = lambda: "made",
        before: Mapping[int, Heard] | None = None,
    ) -> None:
        self._human, self._journal, self._films, self._before = human, journal, films, before or {}

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
        if number in self._before:
            while self._before[number].labels and self._films() == "making":  # programs are tried on what was filmed
                time.sleep(_POLL_S)
            self._journal.append(self._before[number])
            return
        said = self._awaited(number) if self._human == "wait" else read(self._journal.folder)
        self._journal.append(hear(self._journal.run, said, number))

    def _awaited(self, number: int) -> list[Feedback]:
        """What was said, once everybody who says something in this round has said that they are done.

        There is nothing to ask about where no policy was trained.
        """
        run, told = self._journal.run, None
        state: tuple[int, int, FilmState] | None = None
        while True:
            before, state = state, self._state()
            if state != before:
                said = read(self._journal.folder)
                if not any(candidate.success for candidate in run.candidates.values()) or all_done(run, said):
                    return said
                if told is None:
                    self._journal.append(AwaitsPeople(f"round {number}"))
                waiting = Waiting(self._journal.folder, number, tuple(sorted(waited_for(run, said))), state[-1])
                if waiting != told:
                    self._journal.tell(waiting)
                    told = waiting
            time.sleep(_POLL_S)

    def _state(self) -> tuple[int, int, FilmState]:
        """What changes when somebody says something, puts another file in its place, or when the films are there."""
        path = self._journal.folder / FEEDBACK
        stat = path.stat() if path.is_file() else None
        return (*((stat.st_size, stat.st_mtime_ns) if stat is not None else (0, 0)), self._films())
