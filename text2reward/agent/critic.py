"""The critic: reads a program against the sentence and the world before anything is spent on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from text2reward.agent.brief import Brief
from text2reward.agent.critic_rules import Scene, criticise
from text2reward.agent.exchanges import Exchanges
from text2reward.agent.language_model import Message
from text2reward.agent.rewarding import rewarding
from text2reward.agent.verdicts import clean, last_object
from text2reward.envs.transitions import Transitions
from text2reward.errors import ModelError
from text2reward.prompts import Prompts
from text2reward.record.events import Reviewed
from text2reward.record.finding import Finding
from text2reward.sandbox.reward_process import RewardFault
from text2reward.sandbox.reward_server import RewardServer

RULES = "rules"
ASPECTS = ("consistent", "complete", "hackable", "scale")
MAX_REASONS = 6


class Critic:
    """Applies the rules, and asks a model where there is one.

    Args:
        rewards: forks the processes programs are tried in.
        bank: transitions of random behaviour.
        exchanges: the model and its memory; None for rules alone.
        prompts: the words.
    """

    def __init__(
        self,
        rewards: RewardServer,
        bank: Transitions,
        exchanges: Exchanges | None = None,
        prompts: Prompts | None = None,
    ) -> None:
        self._rewards, self._bank, self._exchanges, self._prompts = rewards, bank, exchanges, prompts

    def review(self, brief: Brief, candidate: str, program: str) -> Reviewed:
        """What is wrong with a program that passed its checks."""
        found = tuple(self._by_rules(brief, program))
        by_rules = Reviewed(candidate, RULES, not found, found)
        if self._exchanges is None or self._prompts is None:
            return by_rules
        return self._by_model(brief, program, by_rules)

    def _by_rules(self, brief: Brief, program: str) -> Iterator[Finding]:
        layout = brief.task.layout
        try:
            with rewarding(self._rewards, layout, brief.task.action.size, program) as reward:
                yield from criticise(Scene(reward, layout, brief.instruction, self._bank))
        except RewardFault as fault:  # states that the bank does not hold; training may meet them, too
            yield replace(fault.finding, level="warning")

    def _by_model(self, brief: Brief, program: str, by_rules: Reviewed) -> Reviewed:
        assert self._exchanges is not None
        assert self._prompts is not None
        asked = self._prompts.render("critic", task=brief.task, instruction=brief.instruction, program=program.rstrip())
        system = self._prompts.render("system")
        messages = [Message("system", system), Message("user", asked)]
        try:
            key, answer = self._exchanges.ask(messages, f"{by_rules.candidate}.review")
        except ModelError:  # a program may be trained without a second opinion
            return by_rules
        said = read_verdict(answer.text)
        return Reviewed(
            by_rules.candidate,
            f"{RULES}, {self._exchanges.model.name}",
            by_rules.accepted and not any(finding.name != "unreadable-review" for finding in said),
            (*by_rules.findings, *said),
            key,
        )


def read_verdict(text: str) -> Sequence[Finding]:
    """The reasons in a model's review: none where it accepts, one that says so where it cannot be read."""
    unreadable = [
        Finding("unreadable-review", "the critic's answer holds no verdict and was set aside", level="warning")
    ]
    data = last_object(text, "verdict")
    if data is None or data.get("verdict") not in ("accept", "revise"):
        return unreadable
    if data["verdict"] == "accept":
        return []
    reasons = data.get("reasons")
    if not isinstance(reasons, list):
        return unreadable
    found = [
        Finding(f"review-{reason['aspect']}", clean(reason["problem"]), level="warning")
        for reason in reasons[:MAX_REASONS]
        if isinstance(reason, dict) and reason.get("aspect") in ASPECTS and isinstance(reason.get("problem"), str)
    ]
    return [finding for finding in found if finding.message] or unreadable
