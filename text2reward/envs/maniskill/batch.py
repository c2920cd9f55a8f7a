"""A batch of ManiSkill environments whose numbers stay where they are simulated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from text2reward.envs.maniskill.instance import Instance, Judged, Reached
from text2reward.envs.simulator import HIGHEST_SEED

if TYPE_CHECKING:
    from text2reward.envs.task import Task


@dataclass(frozen=True, slots=True)
class Moved:
    """A :class:`Transition` whose arrays are tensors on the simulation's device.

    Only ``truncated`` lies on the host: it comes from clocks, not from the simulation.
    """

    reached: Reached
    success: torch.Tensor
    truncated: np.ndarray
    native_reward: torch.Tensor
    start: Reached
    native_parts: Mapping[str, torch.Tensor]


class Batch:
    """All parallel environments of some instances: on a CPU many instances of one, on a GPU one instance of many.

    The episodes of an instance depend on all its seeds together: ManiSkill draws them from one generator.

    Args:
        task: gives horizon and action repeat.
        instances: of one width, on one device.
    """

    def __init__(self, task: Task, instances: Sequence[Instance]) -> None:
        self.instances = tuple(instances)
        self.device = instances[0].device
        self._width = instances[0].width
        self._rows = [slice(i * self._width, (i + 1) * self._width) for i in range(len(instances))]
        self._horizon, self._repeat = task.horizon, task.action_repeat
        self._clock = np.zeros(self._width * len(instances), dtype=np.int64)
        self._rngs: list[np.random.Generator] = []
        self.seeds = np.zeros(len(self._clock), dtype=np.int64)  # of the episodes that run

    def reset(self, seeds: Sequence[int], stagger: np.random.Generator | None = None) -> Reached:
        """Start every environment anew, see :meth:`Simulator.reset`."""
        self.seeds[:] = seeds
        self._rngs = [np.random.default_rng(self.seeds[rows]) for rows in self._rows]
        self._clock[:] = stagger.integers(0, self._horizon, len(self._clock)) if stagger else 0
        # A GPU does not repeat itself bit for bit anyway, and building thousands of scenes takes long.
        anew = self._width == 1
        return _stacked([each.begin(self.seeds[rows].tolist(), anew=anew) for each, rows in self._each()])

    def step(self, action: torch.Tensor) -> Moved:
        """One control step with ``(N, A)`` actions on the device, see :meth:`Simulator.step`."""
        success = torch.zeros(len(action), dtype=torch.bool, device=self.device)
        native_reward = torch.zeros(len(action), device=self.device)
        for _ in range(self._repeat):
            steps = [each.step(action[rows]) for each, rows in self._each()]
            judged = [judgement for _, judgement in steps]
            success |= torch.cat([each.success for each in judged])
            native_reward += torch.cat([each.reward for each in judged]) / self._repeat
        reached = _stacked([each for each, _ in steps])
        self._clock += 1
        truncated = self._clock >= self._horizon
        return Moved(reached, success, truncated, native_reward, self._restart(reached, truncated), _parts(judged))

    def close(self) -> None:
        """Free all scenes."""
        for each in self.instances:
            each.close()

    def _restart(self, reached: Reached, over: np.ndarray) -> Reached:
        """Start the next episode where one is over; what is known then, of all environments."""
        if not over.any():
            return reached
        self._clock[over] = 0
        fresh = []
        for (each, rows), rng in zip(self._each(), self._rngs, strict=True):
            if over[rows].any():
                self.seeds[rows] = np.where(over[rows], rng.integers(0, HIGHEST_SEED, each.width), self.seeds[rows])
                which = torch.as_tensor(np.flatnonzero(over[rows]), device=self.device)
                fresh.append(each.begin(self.seeds[rows].tolist(), which))
            else:
                fresh.append(Reached(reached.observation[rows], reached.state[rows]))
        new = _stacked(fresh)
        started = torch.as_tensor(over, device=self.device)[:, None]
        return Reached(
            torch.where(started, new.observation, reached.observation), torch.where(started, new.state, reached.state)
        )

    def _each(self) -> list[tuple[Instance, slice]]:
        return list(zip(self.instances, self._rows, strict=True))


def _stacked(parts: Sequence[Reached]) -> Reached:
    if len(parts) == 1:
        return parts[0]
    return Reached(torch.cat([each.observation for each in parts]), torch.cat([each.state for each in parts]))


def _parts(judged: Sequence[Judged]) -> dict[str, torch.Tensor]:
    """The numbers of ManiSkill's evaluation, ``(N,)`` each, but for the success, and the grasps, which are fields."""
    parts: dict[str, torch.Tensor] = {}
    for name, first in judged[0].parts.items():
        if name in ("success", "elapsed_steps") or "grasped" in name or not isinstance(first, torch.Tensor):
            continue
        if first.dim() == 0 or len(first) != len(judged[0].success):
            continue
        values = torch.cat([each.parts[name] for each in judged]).float()
        columns = values.reshape(len(values), -1).unbind(dim=1)
        parts |= {name if len(columns) == 1 else f"{name}.{i}": column for i, column in enumerate(columns)}
    return parts
