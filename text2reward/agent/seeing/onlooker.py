"""Asking a model that sees at a round's end; nothing that a run decides depends on it."""

from __future__ import annotations

from text2reward.agent.config import RunConfig
from text2reward.agent.exchanges import Exchanges
from text2reward.agent.hindsight import at_the_end_of
from text2reward.agent.journal import Journal
from text2reward.agent.notices import Doing
from text2reward.agent.rating_films import rating_films
from text2reward.agent.replay import ReplayError
from text2reward.agent.seeing.opining import opined, opinions
from text2reward.agent.seeing.seer import Seer
from text2reward.errors import UserError
from text2reward.prompts import Prompts
from text2reward.record.events import Heard, Opined
from text2reward.record.feedback import Feedback, read
from text2reward.record.film import Ready
from text2reward.record.opinion import Opinion
from text2reward.record.reader import Run
from text2reward.training.workers import Workers

PAIRS = 6
"""At most, of a round: all there are among four candidates on one episode."""


class Onlooker:
    """Has films made of what was trained, and a model say what it makes of them.

    Args:
        config: the sentence, and whether people are listened to.
        exchanges: the model and its memory.
        prompts: the words.
        workers: who films.
        journal: the run.
        jobs: films made at once.
    """

    def __init__(
        self,
        config: RunConfig,
        exchanges: Exchanges,
        prompts: Prompts,
        workers: Workers,
        journal: Journal,
        jobs: int,
    ) -> None:
        self._seer = Seer(exchanges, prompts, config.instruction)
        self._config, self._workers, self._journal, self._jobs = config, workers, journal, jobs

    def look(self, number: int) -> None:
        """Record the model's opinions once round ``number`` is over; once, and only where there are two to compare.

        A model that cannot be asked, and films that cannot be made, are told and cost the run nothing else.

        Raises:
            RecordError: a line of what people said is broken.
            ReplayError: the run that is replayed holds no answer to what is asked.
        """
        seer, journal = self._seer, self._journal
        run = at_the_end_of(journal.run, number)
        trained = [each for each in run.candidates.values() if each.success is not None and not each.audited]
        if len(trained) < 2 or journal.find(Opined, lambda event: event.round == number) is not None:
            return
        said = self._said(number)
        fresh: list[Opinion] = []
        problem = ""
        try:
            ready = self._film(run, number)
            journal.tell(Doing(f"asking {seer.name} for its opinion about films"))
            fresh.extend(opinions(seer, run, ready, said, PAIRS))
        except ReplayError:
            raise
        except UserError as error:
            problem = str(error)
        journal.append(opined(run, number, seer.name, fresh, said, problem))

    def _said(self, number: int) -> list[Feedback]:
        """What people had said when the round ended: what they say meanwhile would show other pairs another time."""
        heard = self._journal.find(Heard, lambda event: event.round == number)
        return [] if heard is None else [each for each in read(self._journal.folder) if each.id in heard.lines]

    def _film(self, run: Run, number: int) -> Ready:
        """The films of all policies so far; where people rate, of all episodes that they are shown."""
        films = rating_films(run, self._workers)
        if self._config.human == "off":
            films.seeds = films.seeds[:1]
        self._journal.tell(Doing(f"filming round {number} for a model that sees"))
        for note in films.make(jobs=self._jobs):
            self._journal.tell(Doing(note))
        return films.ready()
