"""Success that is decided from whole episodes, where a simulator has none of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from text2reward.envs.simulator import Simulator, Snapshot, Transition

if TYPE_CHECKING:
    from text2reward.envs.task import Task

Happened = Callable[[Mapping[str, np.ndarray]], bool]
"""Whether the behaviour happened in an episode: field name -> values over time, ``(T + 1, ...)``, the start first."""


class Judged:
    """Another simulator's environments, whose success is what ``happened`` says at the end of each episode.

    Where a stagger cuts the first episodes off, nothing is asked about them.

    Args:
        simulator: whose episodes are judged.
        happened: decides.
    """

    def __init__(self, simulator: Simulator, happened: Happened) -> None:
        self._simulator, self._happened = simulator, happened
        self.task: Task = simulator.task
        self.num_envs = simulator.num_envs
        self.device = simulator.device
        self._rows = np.arange(self.num_envs)
        self._clock = np.zeros(self.num_envs, dtype=np.int64)
        self._whole = np.ones(self.num_envs, dtype=bool)  # the episodes that are under way
        self._states = np.zeros((self.num_envs, self.task.horizon + 1, self.task.layout.size), dtype=np.float32)

    def reset(self, seeds: Sequence[int], stagger: np.random.Generator | None = None) -> Snapshot:
        """See :meth:`Simulator.reset`."""
        start = self._simulator.reset(seeds, stagger)
        self._clock[:] = 0
        self._whole[:] = stagger is None
        self._states[:, 0] = start.state
        return start

    def step(self, action: np.ndarray) -> Transition:
        """See :meth:`Simulator.step`; success is told at an episode's last step."""
        moved = self._simulator.step(action)
        success = np.zeros(self.num_envs, dtype=bool)
        self._clock += 1
        self._states[self._rows, self._clock] = moved.reached.state
        for i in np.flatnonzero(moved.truncated & self._whole):
            success[i] = bool(self._happened(self.task.layout.unpack(self._states[i].copy())))
        self._whole |= moved.truncated
        self._clock[moved.truncated] = 0
        self._states[moved.truncated, 0] = moved.start.state[moved.truncated]
        return replace(moved, success=success)

    def render(self) -> np.ndarray:
        """See :meth:`Simulator.render`."""
        return self._simulator.render()

    def close(self) -> None:
        """See :meth:`Simulator.close`."""
        self._simulator.close()
