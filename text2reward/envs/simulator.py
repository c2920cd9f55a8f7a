"""The contract between a simulator and everything that trains or judges in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from text2reward.envs.task import Task

HIGHEST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known between two steps.

    Args:
        observation: ``(N, O)`` float32, the policy's input.
        state: ``(N, D)`` float32, packed as the task's layout says.
    """

    observation: np.ndarray
    state: np.ndarray


@dataclass(frozen=True, slots=True)
class Transition:
    """What one control step led to, before any reset, and where the next step starts.

    Args:
        reached: observation and state after the step, before any reset.
        success: ``(N,)`` bool, true where the task was solved at any simulator step of the control step.
        truncated: ``(N,)`` bool, true where the episode's time is up; those environments were then reset.
        native_reward: ``(N,)`` float32, the simulator's own reward, mean over the control step. For the oracle only.
        start: where the next step starts; the same object as ``reached`` where nothing was reset.
        native_parts: further numbers by which the simulator judges, ``(N,)`` each; read by the field linter only.
        stopped: ``(N,)`` bool, true where the environment has ended its episode of its own accord and stands still
            until the time is up; None where none ever does. Read by the field linter only.
    """

    reached: Snapshot
    success: np.ndarray
    truncated: np.ndarray
    native_reward: np.ndarray
    start: Snapshot
    native_parts: Mapping[str, np.ndarray] = dataclass_field(default_factory=dict)
    stopped: np.ndarray | None = None


class Simulator(Protocol):
    """A batch of environments of one task that step together. Episodes end by time only."""

    task: Task
    num_envs: int
    device: str

    def reset(self, seeds: Sequence[int], stagger: np.random.Generator | None = None) -> Snapshot:
        """Start every environment anew, one seed each.

        Args:
            seeds: ``num_envs`` seeds below 2**31; the same seeds give the same episodes.
            stagger: draws a random first clock for each environment, so that episodes do not all end together.
        """
        ...

    def step(self, action: np.ndarray) -> Transition:
        """Apply ``(N, A)`` actions, already clipped to the task's range, for one control step."""
        ...

    def render(self) -> np.ndarray:
        """A picture of environment 0, ``(H, W, 3)`` uint8.

        Raises:
            RenderError: no OpenGL is available to this process.
        """
        ...

    def close(self) -> None:
        """Free what the environments hold."""
        ...
