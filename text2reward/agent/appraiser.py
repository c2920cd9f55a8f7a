"""Looking at a candidate before and after its training, with the episodes that the run has stored so far."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

import numpy as np

from text2reward.agent.analyst import Analyst
from text2reward.agent.config import RunConfig
from text2reward.agent.diagnosis import Case, diagnose
from text2reward.agent.journal import Journal
from text2reward.agent.notices import Doing
from text2reward.agent.reward_distance import (
    Fingerprint,
    epic,
    fingerprint,
    least_shaped,
    potential_based,
    rank_correlation,
    starc,
    unlikeness,
)
from text2reward.agent.rewarding import rewarding
from text2reward.agent.screening import preference_feedback, returns_of, verdict, weigh
from text2reward.agent.store import Store, episodes_of
from text2reward.agent.trajectory_feedback import tables
from text2reward.envs.task import Task
from text2reward.envs.transitions import Transitions
from text2reward.record.events import Diagnosed, Drafted, Screened, Success
from text2reward.record.finding import Finding
from text2reward.record.reader import Candidate
from text2reward.sandbox.reward_process import RewardFault, RewardProcess
from text2reward.training.seeds import stream
from text2reward.training.trajectories import Trajectories, joined
from text2reward.training.workers import Workers


class Appraiser:
    """Screens programs, and diagnoses trained policies.

    Args:
        config: the method's settings.
        task: the world.
        workers: whose sandbox the programs run in.
        journal: what is on record is not done again.
        bank: transitions of random behaviour.
        store: episodes of earlier rounds.
        analyst: names causes.
    """

    def __init__(
        self,
        config: RunConfig,
        task: Task,
        workers: Workers,
        journal: Journal,
        bank: Transitions,
        store: Store,
        analyst: Analyst,
    ) -> None:
        self._store, self._analyst = store, analyst
        self._config, self._task, self._workers = config, task, workers
        self._journal, self._bank = journal, bank
        self._prints: dict[str, Fingerprint] = {}

    def worth_training(self, number: int, usable: Sequence[Drafted], last_chance: bool) -> list[Drafted]:
        """The programs of a round that screening lets through.

        Args:
            number: the round.
            usable: those that passed the checks.
            last_chance: nothing was trained yet and no round follows; then the best-ranked one goes on all the same.
        """
        rule = self._config.stages.screening
        programs = [draft for draft in usable if draft.reward == "program"]
        if not programs or (rule.order == "off" and rule.duplicates == 0):
            return list(usable)
        store = self._store.before(number) if rule.order != "off" else None
        rulings = {event.candidate: event for event in self._journal.run.events(Screened)}
        fresh = [draft.candidate for draft in programs if draft.candidate not in rulings]
        for draft in programs:
            if draft.candidate in fresh:
                rulings[draft.candidate] = self._screened(draft, store, rulings)
        if last_chance and fresh and not any(rulings[draft.candidate].trains for draft in programs):
            best = max((rulings[name] for name in fresh), key=lambda event: (event.in_order or 0.0, event.above or 0.0))
            rulings[best.candidate] = replace(best, trained_anyway="nothing else")
        for name in fresh:
            self._journal.append(rulings[name])
        return [draft for draft in usable if draft.reward != "program" or rulings[draft.candidate].trains]

    def diagnose(self, name: str) -> None:
        """Say what a candidate's trained policy did, once."""
        candidate = self._journal.run.candidates[name]
        done = self._journal.find(Diagnosed, lambda event: event.candidate == name) is not None
        if done or candidate.program is None or candidate.success is None:
            return
        own = episodes_of(candidate)
        if own is None:
            return
        try:
            self._journal.append(self._diagnosed(candidate, own))
        except RewardFault as fault:  # on episodes of other policies, say
            self._journal.append(Diagnosed(name, (replace(fault.finding, level="warning"),)))

    def _diagnosed(self, candidate: Candidate, own: Trajectories) -> Diagnosed:
        program, success, gamma = candidate.program, candidate.success, self._config.ppo.gamma
        assert program is not None
        assert success is not None
        others = self._store.before(candidate.draft.round)
        everything = joined([own, others]) or own
        with self._scoring(program) as reward:
            all_terms = everything.terms(reward)
            shaping = potential_based(reward, self._bank, gamma)
            distances = self._distances(candidate, reward, others)
        terms = {name: values[: len(own)] for name, values in all_terms.items()}
        case = Case(
            layout=self._task.layout,
            gamma=gamma,
            target=self._config.target,
            success=success,
            curve=candidate.curves,
            own=own,
            terms=terms,
            others=others,
            other_terms={name: values[len(own) :] for name, values in all_terms.items()},
            parent=self._parent(candidate),
        )
        judged = np.flatnonzero(case.judged)
        seen = {name: values[judged] for name, values in terms.items()}
        rollouts = tables(program, self._task.layout, own.rows(judged), seen)
        causes, analyst = self._analyst.causes(self._config.instruction, candidate.id, program, own, rollouts)
        return Diagnosed(
            candidate=candidate.id,
            findings=tuple(diagnose(case)),
            rollouts=tuple(rollouts),
            causes=tuple(causes),
            analyst=analyst,
            potential_based=shaping,
            rank_correlation=_rounded(rank_correlation(returns_of(all_terms), everything.success)),
            epic=_rounded(distances[0]),
            starc=_rounded(distances[1]),
        )

    def _distances(
        self, candidate: Candidate, reward: RewardProcess, store: Trajectories | None
    ) -> tuple[float | None, float | None]:
        """EPIC and STARC distance to the parent's reward; None without one."""
        parent = self._journal.run.candidates.get(candidate.draft.parent or "")
        if parent is None or parent.program is None or store is None:
            return None, None
        gamma = self._config.ppo.gamma
        own = fingerprint(reward, self._bank, gamma), least_shaped(reward, store, gamma)
        try:
            with self._scoring(parent.program) as other:
                theirs = fingerprint(other, self._bank, gamma), least_shaped(other, store, gamma)
        except RewardFault:  # a parent that was repaired
            return None, None
        return epic(own[0], theirs[0]), starc(own[1], theirs[1])

    def _screened(self, draft: Drafted, store: Trajectories | None, rulings: Mapping[str, Screened]) -> Screened:
        rule, name = self._config.stages.screening, draft.candidate
        self._journal.tell(Doing("screening", name))
        source = (self._journal.folder / str(draft.program)).read_text(encoding="utf-8")
        won, lost = (int(store.solved.sum()), int((~store.solved).sum())) if store is not None else (0, 0)
        try:
            with self._scoring(source) as reward:
                near, apart = self._nearest(name, reward, rulings) if rule.duplicates else (None, None)
                if near is not None and apart is not None and apart < rule.duplicates:
                    told = f"pays as {near} does ({apart:.3f} apart, of 1); change what is paid for, not only how much"
                    found = Finding("near-duplicate", told)
                    return self._audited(
                        Screened(name, "duplicate", won, lost, nearest=near, distance=apart, findings=(found,))
                    )
                if store is None:
                    return Screened(name, "not enough evidence", won, lost, nearest=near, distance=apart)
                terms = store.terms(reward)
        except RewardFault as fault:
            return Screened(name, "fail", won, lost, findings=(fault.finding,))
        evidence = weigh(returns_of(terms), store.solved, np.random.default_rng(stream(self._config.seed, "screen")))
        ruling = verdict(evidence, rule)
        event = Screened(
            candidate=name,
            ruling=ruling,
            successes=won,
            failures=lost,
            above=_rounded(evidence.above),
            in_order=_rounded(evidence.in_order),
            low=_rounded(evidence.low) if evidence.worst_success is not None else None,
            high=_rounded(evidence.high) if evidence.worst_success is not None else None,
            nearest=near,
            distance=_rounded(apart),
        )
        if ruling != "fail":
            return event
        told = (
            f"ranks stored episodes wrongly: {evidence.in_order:.0%} of the pairs are in order "
            f"(95% interval {evidence.low:.0%} to {evidence.high:.0%})"
        )
        found = Finding("orders-wrongly", told)
        return self._audited(replace(event, findings=(found,), preference=preference_feedback(evidence, terms)))

    def _audited(self, event: Screened) -> Screened:
        """The ruling, set aside for a sample of the refused where ``--audit-screen`` asks for it."""
        words = [ord(letter) for letter in event.candidate]
        drawn = np.random.default_rng(stream(self._config.seed, "screen", *words)).random()
        return replace(event, trained_anyway="audit") if drawn < self._config.audit_screen else event

    def _nearest(
        self, name: str, reward: RewardProcess, rulings: Mapping[str, Screened]
    ) -> tuple[str | None, float | None]:
        """The earlier candidate whose reward is most like this one, among those that were trained or are to be."""
        own = self._prints[name] = fingerprint(reward, self._bank, self._config.ppo.gamma)
        earlier: dict[str, float] = {}
        for candidate in self._journal.run.candidates.values():
            if candidate.id == name:
                break
            ruling = rulings.get(candidate.id)
            if candidate.program is None or ruling is None or not ruling.trains:
                continue
            if candidate.id not in self._prints:
                with contextlib.suppress(RewardFault), self._scoring(candidate.program) as other:
                    self._prints[candidate.id] = fingerprint(other, self._bank, self._config.ppo.gamma)
            if candidate.id in self._prints:
                earlier[candidate.id] = unlikeness(own, self._prints[candidate.id])
        near = min(earlier, key=lambda each: earlier[each], default=None)
        return near, earlier[near] if near is not None else None

    def _parent(self, candidate: Candidate) -> tuple[str, Success, float] | None:
        parent = self._journal.run.candidates.get(candidate.draft.parent or "")
        if parent is None or parent.success is None or not parent.curves:
            return None
        last = parent.curves[-1]
        return parent.id, parent.success, float(sum(abs(value) for value in last.terms.values()))

    def _scoring(self, program: str) -> AbstractContextManager[RewardProcess]:
        return rewarding(self._workers.rewards, self._task.layout, self._task.action.size, program)


def _rounded(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else round(value, 4)
