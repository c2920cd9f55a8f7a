"""Those who read programs and rollouts besides the coder: the critic and the analyst, with a model or by rules."""

from __future__ import annotations

from text2reward.agent.analyst import Analyst
from text2reward.agent.critic import Critic
from text2reward.agent.exchanges import Exchanges
from text2reward.agent.method import Stages
from text2reward.envs.task import Task
from text2reward.envs.transitions import Transitions
from text2reward.prompts import Prompts
from text2reward.sandbox.reward_server import RewardServer


class Readers:
    """Makes the critic and the analyst that a method asks for.

    Args:
        stages: the method.
        task: the world.
        rewards: forks the processes programs are tried in.
        exchanges: the run's model and its memory; None where it has none, and rules stand in.
        prompts: the words.
    """

    def __init__(
        self, stages: Stages, task: Task, rewards: RewardServer, exchanges: Exchanges | None, prompts: Prompts
    ) -> None:
        self._stages, self._task, self._rewards = stages, task, rewards
        self._exchanges, self._prompts = exchanges, prompts

    def critic(self, bank: Transitions) -> Critic | None:
        """Who reviews programs before training; None where nobody does."""
        reviewing = self._stages.reviewing
        if reviewing.rounds == 0:
            return None
        return Critic(self._rewards, bank, self._exchanges if reviewing.by == "model" else None, self._prompts)

    def analyst(self) -> Analyst:
        """Who names causes of failed rollouts."""
        by_model = self._stages.feedback.analysis == "model"
        return Analyst(self._task, self._exchanges if by_model else None, self._prompts)
