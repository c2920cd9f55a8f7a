"""A person as the judge: a few episodes are filmed, and the person says in which of them the task was solved."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from text2reward.agent.config import RunConfig
from text2reward.agent.filming import film_episodes
from text2reward.agent.journal import Journal
from text2reward.agent.letterbox import awaited, size_of
from text2reward.agent.notices import Doing
from text2reward.errors import UserError
from text2reward.record.atomic import write_text
from text2reward.record.candidate import Candidate
from text2reward.record.events import AwaitsPeople, Success, Watched
from text2reward.training.statistics import Rate
from text2reward.training.workers import Workers


class Person:
    """Asks whoever runs it, once about each trained policy, and once about the chosen one's held-out episodes.

    The question about ``r1c2`` names the films. The answer, the numbers of those in which the task was solved, ``all``
    or ``none``, is typed at a terminal, or taken from ``watching/r1c2.answer.txt`` as soon as that file is there.

    Args:
        config: the sentence and the seed.
        workers: who films.
        journal: what is on record is not asked again.
        terminal: where answers can be typed; None to wait for files only.
    """

    def __init__(self, config: RunConfig, workers: Workers, journal: Journal, terminal: TextIO | None = None) -> None:
        self._config, self._workers, self._journal, self._terminal = config, workers, journal, terminal

    def judge(self, candidates: Iterable[Candidate]) -> None:
        """Ask about every policy that nobody has watched yet.

        Raises:
            UserError: nothing can be filmed here, or the input ended without an answer.
        """
        seen = {event.training for event in self._journal.run.events(Watched)}
        for candidate in candidates:
            for training in candidate.trainings:
                if training.select is not None and training.training not in seen:
                    folder = self._journal.run.path_of(training.folder)
                    success = self.watch(candidate.id, folder, "select")
                    self._journal.append(Watched(candidate.id, training.training, success))

    def watch(self, about: str, folder: Path, kind: str) -> Success:
        """What the person says of the first ``select`` or ``held-out`` episodes of the policy in ``folder``."""
        self._journal.tell(Doing("filming", about))
        films = film_episodes(self._workers, folder, kind, self._config.seed)
        self._journal.append(AwaitsPeople(about))
        self._journal.tell(Doing("waiting for a person's verdict on", about))
        solved = self._answer(about, films)
        return Rate(sum(solved), len(solved)).success(sum(solved))

    def _answer(self, about: str, films: Sequence[Path]) -> list[bool]:
        answer = self._journal.run.path_of(f"watching/{about}.answer.txt")
        answer.parent.mkdir(parents=True, exist_ok=True)
        question = "\n".join(
            [
                f"\n{about}: {self._config.instruction}",
                *(f"  {number}  {film}" for number, film in enumerate(films, 1)),
                "In which of these is it done? Numbers, all or none:",
            ]
        )
        if self._terminal is None and not size_of(answer):
            print(f"{question} write them to {answer}", file=sys.stderr, flush=True)
        while True:
            if self._terminal is None or size_of(answer):
                solved = read_verdict(awaited(answer), len(films))
                if solved is None:
                    answer.rename(answer.with_suffix(".unread.txt"))
            else:
                print(question, end=" ", file=sys.stderr, flush=True)
                line = self._terminal.readline()
                if not line:
                    raise UserError("The input ended without an answer.", "Resume the run to be asked again.")
                solved = read_verdict(line, len(films))
            if solved is not None:
                write_text(answer, " ".join(str(i) for i, yes in enumerate(solved, 1) if yes) or "none")
                return solved
            print(f"Not understood. For example: 1 {len(films)}, or all, or none.", file=sys.stderr, flush=True)


def read_verdict(text: str, count: int) -> list[bool] | None:
    """In which of ``count`` films the task was solved; None where the text does not say."""
    words = re.split(r"[\s,]+", text.strip().lower())
    if words == ["all"]:
        return [True] * count
    if words == ["none"]:
        return [False] * count
    if not all(word.isdigit() and 1 <= int(word) <= count for word in words):
        return None
    return [str(number) in words for number in range(1, count + 1)]
