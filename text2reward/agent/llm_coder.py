"""A language model as the coder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from text2reward.agent.answer import extract_program, first_sentences
from text2reward.agent.brief import Attempt, Brief, Draft
from text2reward.agent.conversation import Conversation, Fitted, Turn
from text2reward.agent.examples import Example
from text2reward.agent.exchanges import Exchanges
from text2reward.agent.feedback import moments, series, table
from text2reward.agent.language_model import Message
from text2reward.agent.method import Stages
from text2reward.agent.parallel import in_order
from text2reward.agent.people.telling import told as people_told
from text2reward.agent.seeing.telling import told as opinions_told
from text2reward.errors import BudgetReached
from text2reward.prompts import Prompts
from text2reward.record.finding import Finding
from text2reward.sandbox.dialects import dialect_of_text

AT_ONCE = 8
_WORDS = 4000
"""Characters of an answer without a program that are shown again."""


class LLMCoder:
    """Asks K times independently: the task, earlier answers with their feedback, and the request.

    Args:
        exchanges: the model and its memory.
        prompts: the words.
        show_success: whether the model is told when the task counts as solved.
        stages: the method: which answers are shown, and what is told about them.
        room: tokens that a prompt may have; None for no limit. What is left out of a longer one is said in
            :class:`.Conversation`.
    """

    def __init__(
        self,
        exchanges: Exchanges,
        prompts: Prompts,
        show_success: bool = False,
        stages: Stages | None = None,
        room: int | None = None,
    ) -> None:
        self.name, self._room = exchanges.model.name, room
        self._exchanges, self._prompts, self._show_success = exchanges, prompts, show_success
        self._stages = stages or Stages()

    def draft(self, brief: Brief, count: int) -> Iterator[Draft]:
        """See :meth:`Coder.draft`."""
        asked = self.conversation(brief).fitted(self._room)
        parent = next(reversed(self._shown(brief)), None)
        # Where a budget may not reach for all of them it shall end with the first ones, not with the fastest.
        together = self._exchanges.model.parallel and self._exchanges.fits(asked.messages, count)
        names = [f"r{brief.round}c{index}" for index in range(1, count + 1)]
        refused: list[BudgetReached] = []

        def ask(name: str) -> Draft:
            if refused:
                raise refused[0]
            try:
                return self._ask(asked, name, parent.candidate if parent else None)
            except BudgetReached as reached:
                refused.append(reached)
                raise

        return in_order(ask, names, AT_ONCE if together else 1, True)

    def repair(self, brief: Brief, chain: Sequence[tuple[Draft, Sequence[Finding]]], index: int) -> Draft | None:
        """See :meth:`Coder.repair`; the model sees its answer and every finding."""
        name = f"r{brief.round}c{index}"
        begun = self.conversation(brief)
        repairs = [Turn(f"the findings about an earlier version of {name}", *self._repaired(*each)) for each in chain]
        return self._ask(replace(begun, repairs=tuple(repairs)).fitted(self._room), f"{name}.{len(chain)}", name)

    def messages(self, brief: Brief) -> list[Message]:
        """The conversation that asks for a draft, shortened where the model's window is too small for all of it."""
        return list(self.conversation(brief).fitted(self._room).messages)

    def conversation(self, brief: Brief) -> Conversation:
        """All that is said to the model for a draft, in the parts of which some can be left out."""
        shown = self._shown(brief)

        def task(examples: Sequence[Example]) -> Message:
            return self._message(
                "user",
                "task",
                task=brief.task,
                instruction=brief.instruction,
                show_success=self._show_success,
                revising=bool(shown),
                examples=examples,
            )

        turns = [Turn(f"{each.candidate} and what became of it", *self._tried(brief, each, shown)) for each in shown]
        return Conversation(self._message("system", "system"), task, brief.examples, tuple(turns))

    def _tried(self, brief: Brief, attempt: Attempt, shown: Sequence[Attempt]) -> tuple[Message, Message]:
        """An attempt as the model's answer, and what became of it."""
        program = (attempt.program or "(no program)").rstrip()
        answer = self._message("assistant", "answer", program=program)
        return answer, self._feedback(brief, attempt, shown, last=attempt is shown[-1])

    def _repaired(self, draft: Draft, findings: Sequence[Finding]) -> tuple[Message, Message]:
        """An answer that cannot be used, and why."""
        found = [_quoting(finding, draft.program) for finding in findings]
        reviewed = bool(findings) and all(finding.level != "error" for finding in findings)
        asked = self._message(
            "user", "repair", findings=found, has_program=draft.program is not None, reviewed=reviewed
        )
        return self._answer(draft), asked

    def _answer(self, draft: Draft) -> Message:
        """The program of an earlier answer, or its words where it held none."""
        if draft.program is not None:
            return self._message("assistant", "answer", program=draft.program.rstrip())
        said = self._exchanges.said(draft.exchange) if draft.exchange else ""
        return Message("assistant", said.strip()[:_WORDS] or "(nothing)")

    def _shown(self, brief: Brief) -> list[Attempt]:
        """The attempts that stand in the conversation; the last of them is what is revised."""
        if not brief.attempts:
            return []
        history = self._stages.coding.history
        rounds = [[a for a in brief.attempts if a.round == n] for n in range(1, brief.round)]
        if history == "all":
            return [_best(brief, attempts) for attempts in rounds if attempts]
        if history == "latest":
            looked_at = [a for a in brief.attempts if a.training is not None or (a.screen and a.screen.preference)]
            return [(looked_at or brief.attempts)[-1]]
        if history == "best-and-worst" and rounds and rounds[-1]:
            return [_best(brief, rounds[-1])]
        return [brief.incumbent or brief.attempts[-1]]

    def _feedback(self, brief: Brief, basis: Attempt, shown: Sequence[Attempt], last: bool) -> Message:
        told = self._stages.feedback
        trained = basis.training if basis.training and basis.training.select and basis.curve else None
        others = [_summary(a) for a in brief.attempts if a not in shown and a.solved >= 0]
        diagnosis = basis.diagnosis if trained else None
        worst = self._worst(brief, basis) if last else None
        return self._message(
            "user",
            "feedback",
            trained=trained,
            numbers=self._numbers(basis) if trained else "",
            process=told.process,
            moments=len(moments(basis.curve, told.moments)),
            diagnosis=[finding.text for finding in diagnosis.findings] if diagnosis and told.diagnosis else [],
            rollouts=list(diagnosis.rollouts) if diagnosis and told.trajectories else [],
            causes=list(diagnosis.causes) if diagnosis and told.analysis != "off" else [],
            preference=basis.screen.preference if basis.screen and not trained else "",
            findings=[_quoting(finding, basis.program) for finding in basis.findings if finding not in basis.machine],
            machine=[finding.text for finding in basis.machine],
            failed=[finding.text for finding in trained.findings] if trained and trained.reason == "failed" else [],
            others=others[-told.others :] if told.others else [],
            worst=worst,
            liked=bool(worst and _by_liking(brief, [basis, worst])),
            worst_numbers=self._numbers(worst) if worst else "",
            foreign=bool(basis.program) and dialect_of_text(basis.program or "").name != "native",
            people=people_told(brief) if last else None,
            opinions=opinions_told(brief) if last else None,
            last=last,
            solved=basis.solved >= brief.target,
        )

    def _numbers(self, attempt: Attempt) -> str:
        """What the training's curves say, as the method has it."""
        told = self._stages.feedback
        rows = moments(attempt.curve, told.moments)
        if not rows or told.process == "off":
            return ""
        return series(rows) if told.process == "series" else table(rows)

    def _worst(self, brief: Brief, best: Attempt) -> Attempt | None:
        """The worst trained attempt of the best one's round, where the method shows both."""
        if self._stages.coding.history != "best-and-worst":
            return None
        trained = [a for a in brief.attempts if a.round == best.round and a.solved >= 0 and a is not best]
        compared = _by_liking(brief, [best, *trained])
        return compared[-1] if compared else min(trained, key=lambda attempt: attempt.solved, default=None)

    def _message(self, role: str, template: str, **values: object) -> Message:
        return Message(role, self._prompts.render(template, **values))  # type: ignore[arg-type]

    def _ask(self, asked: Fitted, about: str, parent: str | None) -> Draft:
        key, answer = self._exchanges.ask(asked.messages, about, asked.left_out)
        program, findings = extract_program(answer.text, answer.finish)
        return Draft(program, parent, first_sentences(answer.text), tuple(findings), key)


def _by_liking(brief: Brief, attempts: Sequence[Attempt]) -> list[Attempt]:
    """Those that people compared, the best liked first; none where they compared fewer than two."""
    by_name = {attempt.candidate: attempt for attempt in attempts}
    compared = [by_name[each.candidate] for each in brief.liked if each.candidate in by_name]
    return compared if len(compared) > 1 else []


def _best(brief: Brief, attempts: Sequence[Attempt]) -> Attempt:
    """The best liked where people compared them, else the best trained one, the later in a tie; else the last one."""
    compared = _by_liking(brief, attempts)
    if compared:
        return compared[0]
    trained = [attempt for attempt in attempts if attempt.solved >= 0]
    return max(reversed(trained), key=lambda attempt: attempt.solved, default=attempts[-1])


def _summary(attempt: Attempt) -> str:
    terms = ", ".join(attempt.curve[-1].terms) if attempt.curve else "none"
    steps = attempt.training.sim_steps if attempt.training else 0
    return f"{attempt.candidate}: solved {attempt.solved:.0%} after {steps:,} simulator steps, with the terms {terms}"


def _quoting(finding: Finding, program: str | None) -> str:
    """The finding, with the line it is about."""
    lines = (program or "").splitlines()
    if finding.line is None or not 0 < finding.line <= len(lines):
        return str(finding)
    return f"{finding}\n  `{lines[finding.line - 1].strip()}`"
