"""The trajectory analyst: names causes of failed rollouts, by rules or with a model."""

from __future__ import annotations

from collections.abc import Sequence

from text2reward.agent.analysis import analyse
from text2reward.agent.exchanges import Exchanges
from text2reward.agent.language_model import Message
from text2reward.agent.verdicts import clean, last_object
from text2reward.envs.task import Task
from text2reward.errors import ModelError
from text2reward.prompts import Prompts
from text2reward.training.trajectories import Trajectories

RULES = "rules"
MAX_CAUSES = 4


class Analyst:
    """Reads failed rollouts.

    Args:
        task: the world.
        exchanges: the model and its memory; None for rules alone.
        prompts: the words.
    """

    def __init__(self, task: Task, exchanges: Exchanges | None, prompts: Prompts) -> None:
        self._task, self._exchanges, self._prompts = task, exchanges, prompts

    def causes(
        self, instruction: str, candidate: str, program: str, own: Trajectories, rollouts: Sequence[str]
    ) -> tuple[list[str], str]:
        """Causes with advice, and who named them. Rules stand in for a model that gives no usable answer.

        Args:
            instruction: the sentence.
            candidate: whose policy it is.
            program: what it was trained with.
            own: its episodes.
            rollouts: some of them as tables.
        """
        by_rules = analyse(self._task.layout, instruction, own)
        failed = any(source == "judged" and not solved for source, solved in zip(own.source, own.solved, strict=True))
        if self._exchanges is None or not failed:
            return by_rules, RULES
        asked = self._prompts.render(
            "analyst",
            task=self._task,
            instruction=instruction,
            program=program.rstrip(),
            rollouts=rollouts,
            rules=by_rules,
        )
        messages = [Message("system", self._prompts.render("system")), Message("user", asked)]
        try:
            _, answer = self._exchanges.ask(messages, f"{candidate}.analysis")
        except ModelError:  # what it would have said helps, but nothing depends on it
            return by_rules, RULES
        said = read_causes(answer.text)
        return (said, self._exchanges.model.name) if said else (by_rules, RULES)


def read_causes(text: str) -> list[str]:
    """The causes in a model's answer; none where it cannot be read."""
    data = last_object(text, "causes")
    causes = data.get("causes") if data else None
    if not isinstance(causes, list):
        return []
    told = [clean(cause) for cause in causes[:MAX_CAUSES] if isinstance(cause, str)]
    return [cause for cause in told if cause]
