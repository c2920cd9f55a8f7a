"""Where rewards come from: a reward program, the simulator's own reward, or success alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from text2reward.envs.transitions import Transitions
from text2reward.sandbox.reward_process import RewardProcess


class RewardSource(Protocol):
    """Answers one question: the named reward terms of a batch of transitions."""

    def __call__(self, batch: Transitions) -> Mapping[str, np.ndarray]:
        """Terms by name, each ``(B,)`` float32.

        Raises:
            RewardFault: the reward program behind it failed.
        """
        ...


class ProgramReward:
    """A reward program in its locked process; sees states and actions, never success or the native reward."""

    def __init__(self, process: RewardProcess) -> None:
        self._process = process

    def __call__(self, batch: Transitions) -> Mapping[str, np.ndarray]:
        """See :meth:`RewardSource.__call__`."""
        return self._process(batch.prev, batch.action, batch.state)


class NativeReward:
    """The simulator's expert-written reward: the oracle baseline."""

    def __call__(self, batch: Transitions) -> Mapping[str, np.ndarray]:
        """See :meth:`RewardSource.__call__`."""
        return {"native": batch.native_reward}


class SuccessReward:
    """1 where the task is solved, else 0: the baseline without shaping."""

    def __call__(self, batch: Transitions) -> Mapping[str, np.ndarray]:
        """See :meth:`RewardSource.__call__`."""
        return {"success": batch.success.astype(np.float32)}
