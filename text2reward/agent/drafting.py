"""From a brief to programs that may be trained with: drafts, checks, and a bounded number of repairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from text2reward.agent.brief import Brief, Draft
from text2reward.agent.coder import Coder
from text2reward.agent.config import RunConfig
from text2reward.agent.critic import Critic
from text2reward.agent.journal import Journal
from text2reward.agent.notices import Doing
from text2reward.envs.field import StateLayout
from text2reward.envs.transitions import Transitions
from text2reward.errors import BudgetReached
from text2reward.record.events import Checked, Drafted, Edited, Heat, Reviewed
from text2reward.record.finding import Finding
from text2reward.sandbox.bank_check import check_program
from text2reward.sandbox.reward_server import RewardServer

_NOTE = 200
"""Characters of what a person says about an edit that become its note."""


class Drafting:
    """Writes and checks the programs of a round.

    Args:
        config: how many candidates and repairs.
        coder: who writes.
        rewards: forks the processes programs are tried in.
        layout: the task's fields.
        bank: transitions programs are tried on.
        journal: what is on record is not done again.
        critic: reads programs that passed their checks; None where the method has none.
    """

    def __init__(
        self,
        config: RunConfig,
        coder: Coder,
        rewards: RewardServer,
        layout: StateLayout,
        bank: Transitions,
        journal: Journal,
        critic: Critic | None = None,
    ) -> None:
        self._critic = critic
        self._stopped: BudgetReached | None = None
        self._config, self._coder, self._rewards = config, coder, rewards
        self._layout, self._bank, self._journal = layout, bank, journal

    def usable_programs(self, brief: Brief) -> list[Drafted]:
        """The drafts of the round that passed all checks, repaired where that was needed and possible.

        A budget that lets the coder write only some of them makes the round smaller.

        Raises:
            BudgetReached: it left none that can be trained; the round is not over.
        """
        self._stopped = None
        attempts = (self._until_usable(brief, draft, index) for index, draft in self._drafts(brief))
        usable = [event for event in attempts if event is not None]
        if self._stopped is not None and not usable:
            raise self._stopped
        return usable

    def _drafts(self, brief: Brief) -> Iterator[tuple[int, Draft]]:
        """As many drafts as the round has candidates, and people's edits, with their numbers; those on record first."""
        names = [f"r{brief.round}c{index}" for index in range(1, self._config.candidates + len(brief.edits) + 1)]
        known = {event.candidate: event for event in self._journal.run.events(Drafted) if event.candidate in names}
        for name, event in known.items():
            yield names.index(name) + 1, self._as_draft(event)
        if len(known) < len(names) and not self._trains(brief):
            self._journal.tell(Doing(f"asking {self._coder.name} for the programs of round {brief.round}"))
            for index, draft in self._written(brief):
                if names[index - 1] not in known:
                    yield index, draft

    def _written(self, brief: Brief) -> Iterator[tuple[int, Draft]]:
        """The coder's drafts up to the first that the budget does not allow, then people's edits, which are free."""
        index = 0
        try:
            for index, draft in enumerate(self._coder.draft(brief, self._config.candidates), 1):
                yield index, draft
        except BudgetReached as reached:
            self._stopped, index = reached, self._config.candidates
        yield from enumerate(map(_edited, brief.edits), index + 1)

    def _trains(self, brief: Brief) -> bool:
        """Whether the round's trainings have begun; whatever is written now would not be trained."""
        return self._journal.find(Heat, lambda event: event.round == brief.round) is not None

    def _until_usable(self, brief: Brief, draft: Draft, index: int) -> Drafted | None:
        """The draft itself or its first repair that passes, or that passed before its critic asked for more.

        None when repairs are used up or impossible.
        """
        first = name = f"r{brief.round}c{index}"
        tried: list[tuple[Draft, Sequence[Finding]]] = []
        usable: Drafted | None = None
        failures = reviews = 0
        while True:
            event = self._record(name, brief.round, draft)
            findings: Sequence[Finding] = self._check(event)
            if any(finding.level == "error" for finding in findings):
                failures += 1
            else:
                usable = event
                review = self._review(brief, event)
                reviewed = reviews == self._config.stages.reviewing.rounds
                if review is None or review.accepted or reviewed or draft.author:  # a person's is trained as it is
                    return event
                reviews += 1
                findings = [finding for finding in review.findings if finding.name != "unreadable-review"]
            tried.append((draft, findings))
            if failures > self._config.repairs:
                return usable
            name = f"{first}.{len(tried)}"
            repaired = self._repair(brief, tried, index, name)
            if repaired is None:
                return usable
            draft = repaired

    def _review(self, brief: Brief, draft: Drafted) -> Reviewed | None:
        """What the critic says of a program, once; None without a critic or a program."""
        if self._critic is None or draft.program is None or draft.reward != "program":
            return None
        known = self._journal.find(Reviewed, lambda event: event.candidate == draft.candidate)
        if known is None:
            self._journal.tell(Doing("reviewing", draft.candidate))
            known = self._critic.review(brief, draft.candidate, self._program(draft) or "")
            self._journal.append(known)
        return known

    def _repair(
        self, brief: Brief, chain: Sequence[tuple[Draft, Sequence[Finding]]], index: int, name: str
    ) -> Draft | None:
        known = self._journal.find(Drafted, lambda event: event.candidate == name)
        if known is not None:
            return self._as_draft(known)
        if self._trains(brief):
            return None
        self._journal.tell(Doing("repairing", name))
        try:
            return self._coder.repair(brief, chain, index)
        except BudgetReached as reached:
            self._stopped = reached
            return None

    def _record(self, name: str, number: int, draft: Draft) -> Drafted:
        known = self._journal.find(Drafted, lambda event: event.candidate == name)
        if known is not None:
            return known
        program = None
        if draft.program is not None:
            program = self._journal.write(f"candidates/{name}/reward.py", draft.program)
        event = Drafted(
            candidate=name,
            round=number,
            parent=draft.parent,
            author=draft.author or self._coder.name,
            program=program,
            findings=draft.findings,
            note=draft.note,
            exchange=draft.exchange,
            reward=draft.reward,
        )
        self._journal.append(event)
        return event

    def _check(self, draft: Drafted) -> tuple[Finding, ...]:
        if draft.program is None:
            return draft.findings
        known = self._journal.find(Checked, lambda event: event.candidate == draft.candidate)
        if known is None:
            source = self._program(draft) or ""
            known = Checked(draft.candidate, tuple(check_program(source, self._layout, self._rewards, self._bank)))
            self._journal.append(known)
        return known.findings

    def _given(self, event: Drafted) -> str:
        """Its author where that is not the coder."""
        return event.author if event.author != self._coder.name else ""

    def _as_draft(self, event: Drafted) -> Draft:
        return Draft(
            program=self._program(event),
            parent=event.parent,
            note=event.note,
            findings=event.findings,
            exchange=event.exchange,
            reward=event.reward,
            author=self._given(event),
        )

    def _program(self, event: Drafted) -> str | None:
        """The text of a program on record."""
        return self._journal.run.candidates[event.candidate].program


def _edited(edit: Edited) -> Draft:
    """A person's program as a draft of its own."""
    note = " ".join(edit.text.split())[:_NOTE]
    return Draft(edit.program, edit.parent or None, note or f"{edit.parent}, edited by {edit.rater}", author=edit.rater)
