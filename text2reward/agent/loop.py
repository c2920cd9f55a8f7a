"""The loop: write, check, train, tell the coder, again. Every finished unit is recorded before the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from text2reward.agent.appraiser import Appraiser
from text2reward.agent.brief import Attempt, Brief
from text2reward.agent.budget import Budget
from text2reward.agent.coder import Coder
from text2reward.agent.config import RunConfig
from text2reward.agent.drafting import Drafting
from text2reward.agent.examples import EXAMPLES, read_examples
from text2reward.agent.films_in_background import FilmsInBackground
from text2reward.agent.finale import Finale
from text2reward.agent.hindsight import at_the_end_of
from text2reward.agent.journal import Journal
from text2reward.agent.notices import Began, Doing
from text2reward.agent.parallel import in_order
from text2reward.agent.people.listening import Listener
from text2reward.agent.person import Person
from text2reward.agent.readers import Readers
from text2reward.agent.seeing.onlooker import Onlooker
from text2reward.agent.store import Store
from text2reward.agent.trainings import Trainings
from text2reward.envs.task import Task
from text2reward.errors import BudgetReached
from text2reward.record.candidate import Candidate
from text2reward.record.events import ExitReason, Heard, Opined, RoundFinished, RunFinished
from text2reward.record.reader import Run
from text2reward.sandbox.bank_check import BANK_ROWS
from text2reward.training.workers import Workers


class Loop:
    """One run, from its record: what is recorded is never done again.

    Args:
        config: what was asked.
        task: the world.
        coder: who writes the programs.
        readers: who reads programs and rollouts.
        store: episodes of earlier rounds.
        workers: who trains, judges and films.
        journal: where finished units go.
        jobs: trainings at once.
        budget: what the run may spend.
        person: judges policies, where no simulator does.
        onlooker: asks a model that sees, where one is named.
        heard: what people said in the run that is replayed, by round.
    """

    def __init__(
        self,
        config: RunConfig,
        task: Task,
        coder: Coder,
        readers: Readers,
        store: Store,
        workers: Workers,
        journal: Journal,
        jobs: int,
        budget: Budget,
        person: Person | None = None,
        onlooker: Onlooker | None = None,
        heard: Mapping[int, Heard] | None = None,
    ) -> None:
        self._budget = budget
        self._readers, self._store = readers, store
        self._config, self._task, self._coder, self._workers = config, task, coder, workers
        self._journal, self._jobs = journal, jobs
        self._trainings = Trainings(config, task, workers, journal, jobs, budget)
        self._person, self._onlooker = person, onlooker
        self._finale = Finale(config, task, workers, journal, jobs, person)
        self._films = FilmsInBackground(workers, lambda note: journal.tell(Doing(note)), self._cannot_film)
        self._listener = Listener(config.human, journal, lambda: self._films.state, heard)

    def run(self) -> Run:
        """Go on until the target is proved, the rounds or a budget are used up; returns the finished run."""
        try:
            return self._run()
        finally:
            self._films.stop()

    def _run(self) -> Run:
        journal = self._journal
        if journal.run.finished is not None:
            return journal.run
        journal.tell(Began(journal.run, self._config, self._task, self._jobs, journal.run_s()))
        if not (journal.folder / "bank.npz").is_file():
            journal.tell(Doing("collecting transitions of random behaviour"))
        bank = self._workers.bank(journal.folder / "bank.npz", BANK_ROWS, self._config.seed)
        drafting = Drafting(
            self._config,
            self._coder,
            self._workers.rewards,
            self._task.layout,
            bank,
            journal,
            self._readers.critic(bank),
        )
        analyst = self._readers.analyst()
        appraiser = Appraiser(self._config, self._task, self._workers, journal, bank, self._store, analyst)
        try:
            self._rounds(drafting, appraiser)
        except BudgetReached as reached:
            self._budget.settle()
            self._end("budget", reached.message)
        else:
            self._end("rounds")
        return journal.run

    def _rounds(self, drafting: Drafting, appraiser: Appraiser) -> None:
        least = min(self._config.stages.selection.least_rounds, self._config.rounds)
        number = len(self._journal.run.rounds)
        if number:
            self._film_for_people(at_the_end_of(self._journal.run, number))  # what an interruption left undone
            self._film_rounds()
        self._look(number)
        while number < self._config.rounds and not (number >= least and self._proved()):
            number += 1
            self._budget.check_hours()
            if not any(candidate.draft.round == number for candidate in self._journal.run.candidates.values()):
                self._trainings.check_steps()
            self._round(number, drafting, appraiser)

    def _round(self, number: int, drafting: Drafting, appraiser: Appraiser) -> None:
        if not self._listener.heard(number):  # what people say afterwards changes nothing about the round
            self._train(number, drafting, appraiser)
            self._film_for_people(self._journal.run)
            self._listener.listen(number)
        best = self._journal.run.best
        self._journal.append(RoundFinished(number, best.id if best else None))
        self._finale.film_in_background(best)
        self._look(number)

    def _look(self, number: int) -> None:
        """Have a model look at films once a round is over: before, some policies may yet be trained on."""
        if self._onlooker is not None and number and not self._budget.hours_are_over:
            self._onlooker.look(number)

    def _train(self, number: int, drafting: Drafting, appraiser: Appraiser) -> None:
        brief = self._brief(number)
        give_up = self._patience(brief)
        last_chance = number == self._config.rounds and brief.best is None
        usable = drafting.usable_programs(brief)
        self._budget.check_hours()  # a round that is not written to its end goes on another time
        chosen = appraiser.worth_training(number, usable, last_chance)
        self._trainings.train(number, chosen, give_up)
        if self._person is not None:
            self._person.judge(self._journal.run.candidates.values())
        # Where limits may let only some analyses be asked for, these are the same ones in a replay.
        jobs = 1 if self._budget.limits_calls else self._jobs
        for _ in in_order(appraiser.diagnose, list(self._journal.run.candidates), jobs):
            pass

    def _film_for_people(self, run: Run) -> None:
        """Have films made that people rate, while the run goes on or waits for their votes."""
        if self._config.human != "off":
            self._films.film(run)

    def _film_rounds(self) -> None:
        run = self._journal.run
        for each in run.rounds:
            self._finale.film_in_background(run.candidates[each.best] if each.best else None)

    def _cannot_film(self, problem: str) -> None:
        self._finale.cannot_film(next(iter(self._journal.run.candidates)), problem)

    def _brief(self, number: int) -> Brief:
        """What the coder is told: everything from the rounds before, as the record has it."""
        run = self._journal.run
        earlier = [c for c in run.candidates.values() if c.draft.round < number]
        people = tuple(event for event in run.events(Heard) if event.round < number)
        best = run.chosen_of(earlier, people[-1] if people else None)
        return Brief(
            task=self._task,
            instruction=self._config.instruction,
            round=number,
            seed=self._config.seed,
            target=self._config.target,
            attempts=tuple(_attempts(earlier)),
            best=best.id if best else None,
            people=people,
            opinions=tuple(event for event in run.events(Opined) if 0 < event.round < number),
            examples=tuple(read_examples(self._journal.folder / EXAMPLES)),
        )

    def _patience(self, brief: Brief) -> int | None:
        incumbent = brief.incumbent
        patience = self._config.stages.training.patience
        if not patience or incumbent is None or incumbent.training is None or incumbent.training.reason != "target":
            return None
        return int(patience * incumbent.training.sim_steps)

    def _proved(self) -> bool:
        best = self._journal.run.best
        return best is not None and best.proved(self._config.target)

    def _end(self, reason: ExitReason, budget: str = "") -> None:
        best = self._journal.run.best
        if best is not None:
            self._finale.judge(best)
            self._finale.film(best)
        if best is None and reason != "budget":
            reason = "no-candidate"
        elif self._proved():
            reason, budget = "target", ""
        self._journal.append(RunFinished(reason, best.id if best else None, self._journal.wall_s(), budget))


def _attempts(candidates: list[Candidate]) -> Iterator[Attempt]:
    for candidate in candidates:
        if candidate.audited:  # the coder is told what it would have been told without the audit
            candidate = replace(candidate, trainings=(), diagnosis=None)
        yield Attempt(
            candidate=candidate.id,
            parent=candidate.draft.parent,
            program=candidate.program,
            findings=candidate.findings,
            round=candidate.draft.round,
            training=candidate.training,
            screen=candidate.screen,
            diagnosis=candidate.diagnosis,
            curve=tuple(candidate.curves) if candidate.training is not None else (),
        )
