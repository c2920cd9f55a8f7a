"""A language model as the coder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from text2reward.agent.answer import extract_program, first_sentences
from text2reward.agent.brief import Attempt, Brief, Draft
from text2reward.agent.exchanges import Exchanges
from text2reward.agent.feedback import moments, remarks, table
from text2reward.agent.language_model import Message
from text2reward.agent.parallel import in_order
from text2reward.prompts import Prompts
from text2reward.record.finding import Finding

AT_ONCE = 8
_OTHERS = 6
_WORDS = 4000
"""Characters of an answer without a program that are shown again."""


class LLMCoder:
    """Asks K times independently, with a history of four turns: task, best answer, its feedback and the request.

    Args:
        exchanges: the model and its memory.
        prompts: the words.
        show_success: whether the model is told when the task counts as solved.
    """

    def __init__(self, exchanges: Exchanges, prompts: Prompts, show_success: bool = False) -> None:
        self.name = exchanges.model.name
        self._exchanges, self._prompts, self._show_success = exchanges, prompts, show_success

    def draft(self, brief: Brief, count: int) -> Iterator[Draft]:
        """See :meth:`Coder.draft`."""
        messages = self.messages(brief)
        parent = self._basis(brief)
        at_once = AT_ONCE if self._exchanges.model.parallel else 1
        names = [f"r{brief.round}c{index}" for index in range(1, count + 1)]
        return in_order(lambda name: self._ask(messages, name, parent.candidate if parent else None), names, at_once)

    def repair(self, brief: Brief, chain: Sequence[tuple[Draft, Sequence[Finding]]], index: int) -> Draft | None:
        """See :meth:`Coder.repair`; the model sees its answer and every finding."""
        messages = self.messages(brief)
        for draft, findings in chain:
            found = [_quoting(finding, draft.program) for finding in findings]
            messages.append(self._answer(draft))
            messages.append(self._message("user", "repair", findings=found, has_program=draft.program is not None))
        return self._ask(messages, f"r{brief.round}c{index}.{len(chain)}", f"r{brief.round}c{index}")

    def messages(self, brief: Brief) -> list[Message]:
        """The conversation that asks for a draft."""
        basis = self._basis(brief)
        system = self._message("system", "system")
        task = self._message(
            "user",
            "task",
            task=brief.task,
            instruction=brief.instruction,
            show_success=self._show_success,
            revising=basis is not None,
        )
        if basis is None:
            return [system, task]
        answer = self._message("assistant", "answer", program=(basis.program or "(no program)").rstrip())
        return [system, task, answer, self._feedback(brief, basis)]

    def _answer(self, draft: Draft) -> Message:
        """The program of an earlier answer, or its words where it held none."""
        if draft.program is not None:
            return self._message("assistant", "answer", program=draft.program.rstrip())
        said = self._exchanges.said(draft.exchange) if draft.exchange else ""
        return Message("assistant", said.strip()[:_WORDS] or "(nothing)")

    def _basis(self, brief: Brief) -> Attempt | None:
        """What is revised: the best attempt, or the last one when none could be trained."""
        return brief.incumbent or (brief.attempts[-1] if brief.attempts else None)

    def _feedback(self, brief: Brief, basis: Attempt) -> Message:
        rows = moments(basis.curve)
        trained = basis.training if rows else None
        others = [_summary(a) for a in brief.attempts if a is not basis and a.solved >= 0]
        return self._message(
            "user",
            "feedback",
            trained=trained if trained and trained.select else None,
            rows=rows,
            table=table(rows) if trained else "",
            remarks=list(remarks(rows)) if trained else [],
            findings=[_quoting(finding, basis.program) for finding in basis.findings],
            others=others[-_OTHERS:],
            solved=basis.solved >= brief.target,
        )

    def _message(self, role: str, template: str, **values: object) -> Message:
        return Message(role, self._prompts.render(template, **values))  # type: ignore[arg-type]

    def _ask(self, messages: Sequence[Message], about: str, parent: str | None) -> Draft:
        key, answer = self._exchanges.ask(messages, about)
        program, findings = extract_program(answer.text, answer.finish)
        return Draft(program, parent, first_sentences(answer.text), tuple(findings), key)


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
