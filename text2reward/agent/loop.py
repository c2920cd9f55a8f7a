"""The loop: write, check, train, tell the coder, again. Every finished unit is recorded before the next."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from text2reward.agent.appraiser import Appraiser
from text2reward.agent.brief import Attempt, Brief
from text2reward.agent.coder import Coder
from text2reward.agent.config import RunConfig
from text2reward.agent.drafting import Drafting
from text2reward.agent.finale import Finale, as_success
from text2reward.agent.journal import Journal
from text2reward.agent.library import EXAMPLES, read_examples
from text2reward.agent.notices import Began, Doing, Progress
from text2reward.agent.parallel import in_order
from text2reward.agent.readers import Readers
from text2reward.agent.store import Store
from text2reward.envs.task import Task
from text2reward.record.atomic import write_json
from text2reward.record.candidate import Candidate
from text2reward.record.events import Drafted, ExitReason, RoundFinished, RunFinished, Screened, Trained
from text2reward.record.finding import Finding
from text2reward.record.reader import Run
from text2reward.sandbox.bank_check import BANK_ROWS
from text2reward.sandbox.reward_process import RewardFault
from text2reward.training.outcome import Outcome
from text2reward.training.workers import WorkerDied, Workers


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
    ) -> None:
        self._readers, self._store = readers, store
        self._config, self._task, self._coder, self._workers = config, task, coder, workers
        self._journal, self._jobs = journal, jobs
        self._finale = Finale(config, task, workers, journal, jobs)

    def run(self) -> Run:
        """Go on until the target is proved or the rounds are used up; returns the finished run."""
        journal = self._journal
        if journal.run.finished is not None:
            return journal.run
        journal.tell(Began(journal.run, self._config, self._task, self._jobs))
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
        reason: ExitReason = "rounds"
        for number in range(1, self._config.rounds + 1):
            if self._left(number) < self._least():
                reason = "budget"
                break
            self._round(number, drafting, appraiser)
            if number >= min(self._config.stages.selection.least_rounds, self._config.rounds) and self._proved():
                break
        self._end(reason)
        return journal.run

    def _round(self, number: int, drafting: Drafting, appraiser: Appraiser) -> None:
        brief = self._brief(number)
        give_up = self._patience(brief)
        last_chance = number == self._config.rounds and brief.best is None
        chosen = appraiser.worth_training(number, drafting.usable_programs(brief), last_chance)
        chosen, most = self._affordable(number, chosen)

        def train(draft: Drafted) -> None:
            self._train(draft, give_up, most)
            appraiser.diagnose(draft.candidate)

        for _ in in_order(train, chosen, self._jobs):
            pass
        best = self._journal.run.best
        if self._journal.find(RoundFinished, lambda event: event.round == number) is None:
            self._journal.append(RoundFinished(number, best.id if best else None))
        self._finale.film_in_background(best)

    def _brief(self, number: int) -> Brief:
        """What the coder is told: everything from the rounds before, as the record has it."""
        run = self._journal.run
        earlier = [c for c in run.candidates.values() if c.draft.round < number]
        best = run.chosen_of(earlier)
        return Brief(
            task=self._task,
            instruction=self._config.instruction,
            round=number,
            seed=self._config.seed,
            target=self._config.target,
            attempts=tuple(_attempts(earlier)),
            best=best.id if best else None,
            examples=tuple(read_examples(self._journal.folder / EXAMPLES)),
        )

    def _patience(self, brief: Brief) -> int | None:
        incumbent = brief.incumbent
        patience = self._config.stages.training.patience
        if not patience or incumbent is None or incumbent.training is None or incumbent.training.reason != "target":
            return None
        return int(patience * incumbent.training.sim_steps)

    def _least(self) -> int:
        """Simulator steps below which a training is not worth beginning."""
        return max(self._rollout(), self._config.steps // 10)

    def _rollout(self) -> int:
        """Simulator steps of one rollout."""
        ppo = self._config.ppo
        return ppo.n_envs * ppo.n_steps * self._task.action_repeat

    def _affordable(self, number: int, chosen: list[Drafted]) -> tuple[list[Drafted], int]:
        """Which programs of a round the budget has room for, and the simulator steps that each takes at most.

        What is trained as an audit costs the search nothing.
        """
        if self._config.max_steps is None:
            return chosen, self._config.steps
        audited = {event.candidate for event in self._journal.run.events(Screened) if event.trained_anyway == "audit"}
        competing = [draft for draft in chosen if draft.candidate not in audited]
        competing = competing[: self._left(number) // self._least()]
        rollouts = self._left(number) // max(1, len(competing)) // self._rollout()
        allowed = [draft for draft in chosen if draft in competing or draft.candidate in audited]
        return allowed, min(self._config.steps, rollouts * self._rollout())

    def _left(self, number: int) -> int:
        """Simulator steps that are left when round ``number`` begins."""
        if self._config.max_steps is None:
            return max(self._config.steps, self._rollout()) * self._config.candidates
        candidates = self._journal.run.candidates.values()
        spent = sum(
            c.training.sim_steps
            for c in candidates
            if c.training is not None and c.draft.round < number and not c.audited
        )
        return self._config.max_steps - spent

    def _train(self, draft: Drafted, give_up: int | None, sim_steps: int) -> None:
        name = draft.candidate
        if self._journal.find(Trained, lambda event: event.candidate == name) is not None:
            return
        program = (self._journal.folder / draft.program).read_text() if draft.program else ""
        folder = f"candidates/{name}/s0"
        self._journal.tell(Doing("training", name))
        began = time.monotonic()
        most = min(sim_steps, give_up or sim_steps)
        try:
            outcome = self._workers.train(
                program or draft.reward,
                self._config.train_settings(give_up, sim_steps),
                self._config.seed,
                numbers(name),
                self._journal.folder / folder,
                lambda point: self._journal.tell(Progress(name, point, most)),
                builtin=draft.reward != "program",
            )
        except RewardFault as fault:
            self._journal.append(_failed(name, folder, fault.finding, time.monotonic() - began))
        except WorkerDied as death:
            finding = Finding("trainer-died", str(death))
            self._journal.append(_failed(name, folder, finding, time.monotonic() - began))
        else:
            write_json(self._journal.folder / folder / "select.json", [e.to_json() for e in outcome.episodes])
            self._journal.append(self._trained(name, folder, outcome, time.monotonic() - began))
            (self._journal.folder / folder / "checkpoint.pt").unlink(missing_ok=True)

    def _trained(self, name: str, folder: str, outcome: Outcome, wall_s: float) -> Trained:
        common = outcome.episodes[: self._config.train_settings().select_episodes]
        return Trained(
            candidate=name,
            training=f"{name}/s0",
            folder=folder,
            reason=outcome.reason,
            kept=outcome.kept,
            sim_steps=outcome.sim_steps,
            kept_sim_steps=outcome.kept_sim_steps,
            select=as_success(outcome.episodes),
            solved=sum(episode.success_once for episode in common),
            wall_s=round(wall_s, 2),
        )

    def _proved(self) -> bool:
        best = self._journal.run.best
        return best is not None and best.success is not None and best.success.low > self._config.target

    def _end(self, reason: ExitReason) -> None:
        best = self._journal.run.best
        if best is not None:
            self._finale.judge(best)
            self._finale.film(best)
        if best is None and reason != "budget":
            reason = "no-candidate"
        elif self._proved():
            reason = "target"
        self._journal.append(RunFinished(reason, best.id if best else None, self._journal.wall_s()))


def _failed(name: str, folder: str, finding: Finding, wall_s: float) -> Trained:
    return Trained(name, f"{name}/s0", folder, "failed", "", 0, 0, None, 0, round(wall_s, 2), (finding,))


def _attempts(candidates: list[Candidate]) -> Iterator[Attempt]:
    for candidate in candidates:
        if candidate.audited:  # the coder is told what it would have been told without the audit
            candidate = replace(candidate, training=None, diagnosis=None)
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


def numbers(candidate: str) -> tuple[int, int, int]:
    """``r1c2.1`` as (1, 2, 1): the place of its training among the run's random streams."""
    main, _, repair = candidate.partition(".")
    number, _, index = main.removeprefix("r").partition("c")
    return int(number), int(index), int(repair or 0)
