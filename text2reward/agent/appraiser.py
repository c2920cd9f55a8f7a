"""Looking at a candidate before and after its training, with the episodes that the run has stored so far."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TypeVar

import numpy as np

from text2reward.agent.analyst import Analyst
from text2reward.agent.config import RunConfig
from text2reward.agent.diagnosis import Case, diagnose
from text2reward.agent.journal import Journal
from text2reward.agent.method import Screening
from text2reward.agent.notices import Doing
from text2reward.agent.people.labels import JudgedPairs
from text2reward.agent.reward_distance import (
    canonical,
    epic,
    least_shaped,
    potential_based,
    rank_correlation,
    starc,
    unlikeness,
)
from text2reward.agent.rewarding import rewarding
from text2reward.agent.screening import (
    Evidence,
    against_people,
    people_feedback,
    preference_feedback,
    returns_of,
    verdict,
    weigh,
    weigh_people,
)
from text2reward.agent.store import Store, episodes_of
from text2reward.agent.trajectory_feedback import tables
from text2reward.envs.field import StateLayout
from text2reward.envs.task import Task
from text2reward.envs.transitions import Transitions
from text2reward.record.candidate import Candidate
from text2reward.record.events import Diagnosed, Drafted, Screened, Success
from text2reward.record.finding import Finding
from text2reward.sandbox import probes
from text2reward.sandbox.reward_process import RewardFault, RewardProcess
from text2reward.training.seeds import stream
from text2reward.training.trajectories import Trajectories
from text2reward.training.workers import Workers

T = TypeVar("T")

VARIED = 128
"""Transitions of each kind on which rewards are told apart."""


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

    def worth_training(self, number: int, usable: Sequence[Drafted], last_chance: bool) -> list[Drafted]:
        """The programs of a round that screening lets through.

        Args:
            number: the round.
            usable: those that passed the checks.
            last_chance: nothing was trained yet and no round follows; then the best-ranked one goes on all the same.
        """
        rule = self._config.stages.screening
        programs = [draft for draft in usable if draft.reward == "program"]
        alone = self._config.candidates == self._config.rounds == 1
        if not programs or alone or (rule.order == "off" and rule.duplicates == 0):
            return list(usable)
        ranks = rule.order != "off"
        store, judged = (self._store.before(number), self._store.judged(number)) if ranks else (None, None)
        rulings = {event.candidate: event for event in self._journal.run.events(Screened)}
        fresh = [draft.candidate for draft in programs if draft.candidate not in rulings]
        for draft in programs:
            if draft.candidate in fresh:
                rulings[draft.candidate] = self._screened(draft, store, judged, rulings)
        if last_chance and fresh and not any(rulings[draft.candidate].trains for draft in programs):
            best = max((rulings[name] for name in fresh), key=lambda event: (event.in_order or 0.0, event.above or 0.0))
            rulings[best.candidate] = replace(best, trained_anyway="nothing else")
        for name in fresh:
            self._journal.append(rulings[name])
        return [draft for draft in usable if draft.reward != "program" or rulings[draft.candidate].trains]

    def diagnose(self, name: str) -> None:
        """Say what a candidate's trained policy did, once for the policy that counts."""
        candidate = self._journal.run.candidates[name]
        if candidate.program is None or candidate.training is None or candidate.success is None:
            return
        training = candidate.training.training
        known = [event.training for event in self._journal.run.events(Diagnosed) if event.candidate == name]
        if training in known or (training == f"{name}/s0" and "" in known):  # as older records have it
            return
        own = episodes_of(candidate)
        if own is None:
            return
        try:
            self._journal.append(self._diagnosed(candidate, own))
        except RewardFault as fault:  # on episodes of other policies, say
            found = replace(fault.finding, level="warning")
            self._journal.append(Diagnosed(name, (found,), training=training))

    def _diagnosed(self, candidate: Candidate, own: Trajectories) -> Diagnosed:
        program, success, gamma = candidate.program, candidate.success, self._config.learner.gamma
        assert program is not None
        assert success is not None
        assert candidate.training is not None
        others = self._store.before(candidate.draft.round)
        with self._scoring(program) as reward:
            terms = own.terms(reward)
            other_terms = _or_none(lambda: others.terms(reward) if others is not None else None)
            shaping = _or_none(lambda: potential_based(reward, self._bank, gamma)) or ()
            parent, apart = self._beside_parent(candidate, reward, own, others)
        returns, episodes = returns_of(terms), own.success
        if others is not None and other_terms is not None:
            returns = np.concatenate([returns, returns_of(other_terms)])
            episodes = np.concatenate([episodes, others.success])
        # A person says how many episodes were solved; which of all those that are stored, nobody knows.
        known = not self._task.by_person or success.k == 0
        case = Case(
            layout=self._task.layout,
            instruction=self._config.instruction,
            gamma=gamma,
            target=self._config.target,
            success=success,
            curve=candidate.curves,
            own=own,
            terms=terms,
            others=others,
            other_terms=other_terms,
            parent=parent,
            known=known,
        )
        judged = np.flatnonzero(case.judged)
        seen = {name: values[judged] for name, values in terms.items()}
        rollouts = tables(program, self._task.layout, own.rows(judged), seen)
        causes, analyst = (
            self._analyst.causes(self._config.instruction, candidate.id, program, own, rollouts) if known else ((), "")
        )
        return Diagnosed(
            candidate=candidate.id,
            findings=tuple(diagnose(case)),
            rollouts=tuple(rollouts),
            causes=tuple(causes),
            analyst=analyst,
            potential_based=shaping,
            rank_correlation=None if self._task.by_person else _rounded(rank_correlation(returns, episodes)),
            epic=_rounded(apart[0]),
            starc=_rounded(apart[1]),
            training=candidate.training.training,
        )

    def _beside_parent(
        self, candidate: Candidate, reward: RewardProcess, own: Trajectories, others: Trajectories | None
    ) -> tuple[tuple[str, Success, float] | None, tuple[float | None, float | None]]:
        """The parent's success, what its program pays on the same episodes, and EPIC and STARC distance to it."""
        parent = self._trained_ancestor(candidate)
        if parent is None or parent.program is None or parent.success is None:
            return None, (None, None)
        gamma, bank, success = self._config.learner.gamma, self._bank, parent.success
        try:
            with self._scoring(parent.program) as other:
                paid = _or_none(lambda: float(np.abs(np.sum([*own.terms(other).values()], axis=0)).mean()))
                by_epic = _or_none(lambda: epic(canonical(reward, bank, gamma), canonical(other, bank, gamma)))
                by_starc = None
                if others is not None:
                    by_starc = _or_none(
                        lambda: starc(least_shaped(reward, others, gamma), least_shaped(other, others, gamma))
                    )
        except RewardFault:
            return None, (None, None)
        return (parent.id, success, 0.0 if paid is None else paid), (by_epic, by_starc)

    def _trained_ancestor(self, candidate: Candidate) -> Candidate | None:
        """The nearest one that has a policy: what a repair or a review left behind has none."""
        known = self._journal.run.candidates
        parent = known.get(candidate.draft.parent or "")
        while parent is not None and parent.success is None:
            parent = known.get(parent.draft.parent or "")
        return parent

    def _screened(
        self,
        draft: Drafted,
        store: Trajectories | None,
        judged: JudgedPairs | None,
        rulings: Mapping[str, Screened],
    ) -> Screened:
        rule, name = self._config.stages.screening, draft.candidate
        self._journal.tell(Doing("screening", name))
        source = self._journal.run.candidates[name].program or ""
        won, lost = (int(store.solved.sum()), int((~store.solved).sum())) if store is not None else (0, 0)
        try:
            with self._scoring(source) as reward:
                near, apart = self._nearest(name, reward, store, rulings) if rule.duplicates else (None, None)
                if near is not None and apart is not None and apart < rule.duplicates:
                    told = f"pays as {near} does ({apart:.3f} apart, of 1); change what is paid for, not only how much"
                    found = Finding("near-duplicate", told)
                    return self._audited(
                        Screened(name, "duplicate", won, lost, nearest=near, distance=apart, findings=(found,))
                    )
                if store is None:
                    return Screened(name, "not enough evidence", won, lost, nearest=near, distance=apart)
                terms = store.terms(reward)
                liked = judged.episodes.terms(reward) if judged is not None and judged.episodes is not None else {}
        except RewardFault as fault:
            return self._audited(Screened(name, "fail", won, lost, findings=(fault.finding,)))
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
        if ruling == "fail":
            found = Finding("orders-wrongly", f"ranks stored episodes wrongly: {_measured(evidence, rule)}")
            event = replace(event, findings=(found,), preference=preference_feedback(evidence, terms))
        if judged is not None:
            event = _beside_people(event, judged, liked)
        return self._audited(event) if event.findings else event

    def _audited(self, event: Screened) -> Screened:
        """The ruling, set aside for a sample of the refused where ``--audit-screen`` asks for it."""
        words = [ord(letter) for letter in event.candidate]
        drawn = np.random.default_rng(stream(self._config.seed, "screen", *words)).random()
        return replace(event, trained_anyway="audit") if drawn < self._config.audit_screen else event

    def _nearest(
        self, name: str, reward: RewardProcess, store: Trajectories | None, rulings: Mapping[str, Screened]
    ) -> tuple[str | None, float | None]:
        """The earlier candidate whose reward is most like this one, among those that were trained or are to be.

        None where a term does not change on anything that was tried: then nobody can tell.
        """
        states = _varied(self._bank, self._task.layout, store)
        own = _or_none(lambda: _paid(reward, states))
        earlier: dict[str, float] = {}
        for candidate in self._journal.run.candidates.values():
            if candidate.id == name or own is None:
                break
            ruling = rulings.get(candidate.id)
            if candidate.program is None or ruling is None or not ruling.trains or candidate.failed_by_machine:
                continue
            with contextlib.suppress(RewardFault), self._scoring(candidate.program) as other:
                theirs = _or_none(lambda other=other: _paid(other, states))  # type: ignore[misc]
                if theirs is not None:
                    earlier[candidate.id] = unlikeness(own, theirs)
        near = min(earlier, key=lambda each: earlier[each], default=None)
        return near, earlier[near] if near is not None else None

    def _scoring(self, program: str) -> AbstractContextManager[RewardProcess]:
        return rewarding(self._workers.rewards, self._task.layout, self._task.action.size, program)


def _beside_people(event: Screened, judged: JudgedPairs, terms: Mapping[str, np.ndarray]) -> Screened:
    """The ruling with people's pairs, ``terms`` being those of the judged episodes; empty where there are none."""
    pairs = weigh_people(returns_of(terms) if terms else np.empty(0), judged)
    event = replace(event, people=pairs)
    if not against_people(pairs, judged):
        return event
    found = Finding(
        "orders-people-wrongly",
        f"orders what people judged wrongly: {pairs.k} of {pairs.n} pairs of films are in the order that they prefer "
        f"(95% interval {pairs.low:.0%} to {pairs.high:.0%})",
    )
    told = [each for each in (event.preference, people_feedback(pairs, judged, terms)) if each]
    return replace(event, ruling="fail", findings=(*event.findings, found), preference="\n\n".join(told))


def _measured(evidence: Evidence, rule: Screening) -> str:
    if rule.order == "published":
        return (
            f"{evidence.above:.0%} of the solved ones earn more than the best unsolved one, and {rule.threshold:.0%} "
            "are asked for"
        )
    interval = f"95% interval {evidence.low:.0%} to {evidence.high:.0%}"
    return f"{evidence.in_order:.0%} of the pairs are in order ({interval}), and {rule.threshold:.0%} are asked for"


def _varied(bank: Transitions, layout: StateLayout, store: Trajectories | None) -> list[Transitions]:
    """Random behaviour, states made from it, and stored episodes: where rewards may differ."""
    some = bank.sample(VARIED, np.random.default_rng(0))
    states = [some, probes.mixed(some, layout), probes.together(some, layout)]
    if store is not None:
        states.append(store.transitions().sample(4 * VARIED, np.random.default_rng(1)))
    return states


def _paid(reward: RewardProcess, states: Sequence[Transitions]) -> np.ndarray | None:
    """What the reward pays there; None when one of its terms never changes."""
    terms = [reward(each.prev, each.action, each.state) for each in states]
    values = {name: np.concatenate([part[name] for part in terms]).astype(np.float64) for name in terms[0]}
    if any(np.ptp(value) < 1e-9 for value in values.values()):
        return None
    return np.asarray(np.sum([*values.values()], axis=0))


def _or_none(ask: Callable[[], T | None]) -> T | None:
    """What is asked for; None where the program fails on states that were made for the purpose."""
    try:
        return ask()
    except RewardFault:
        return None


def _rounded(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else round(value, 4)
