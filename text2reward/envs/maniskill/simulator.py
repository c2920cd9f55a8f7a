"""ManiSkill as a :class:`Simulator`: its batch, with the numbers on the host."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from text2reward.envs.maniskill.batch import Batch
from text2reward.envs.maniskill.camera import Camera
from text2reward.envs.maniskill.instance import Instance, Reached
from text2reward.envs.simulator import Snapshot, Transition
from text2reward.errors import RenderError

if TYPE_CHECKING:
    from text2reward.envs.maniskill.task import ManiSkillTask
    from text2reward.envs.task import Device, Task


class ManiSkillSimulator:
    """``num_envs`` environments of a :class:`Batch`. This is the only place where numbers leave the device."""

    def __init__(self, task: Task, how: ManiSkillTask, num_envs: int, device: Device) -> None:
        self.task = task
        self.num_envs = num_envs
        self.device: str = device
        width = num_envs if device == "cuda" else 1  # ManiSkill simulates one environment an instance on a CPU
        self.batch = Batch(task, [Instance(how, width, device) for _ in range(num_envs // width)])
        self._how = how
        self._camera: Camera | None = None

    def reset(self, seeds: Sequence[int], stagger: np.random.Generator | None = None) -> Snapshot:
        """See :meth:`Simulator.reset`."""
        return _on_host(self.batch.reset(seeds, stagger))

    def step(self, action: np.ndarray) -> Transition:
        """See :meth:`Simulator.step`."""
        moved = self.batch.step(torch.as_tensor(action, device=self.batch.device))
        reached = _on_host(moved.reached)
        return Transition(
            reached=reached,
            success=_numpy(moved.success),
            truncated=moved.truncated,
            native_reward=_numpy(moved.native_reward),
            start=reached if moved.start is moved.reached else _on_host(moved.start),
            native_parts={name: _numpy(part) for name, part in moved.native_parts.items()},
        )

    def render(self) -> np.ndarray:
        """See :meth:`Simulator.render`."""
        if self.device != "cpu":
            raise RenderError("Environments on a GPU are not drawn.", "Render the reference simulator.")
        if self._camera is None:
            self._camera = Camera(self._how)
        return self._camera.draw(self.batch.instances[0].env, int(self.batch.seeds[0]))

    def close(self) -> None:
        """See :meth:`Simulator.close`."""
        if self._camera is not None:
            self._camera.close()
        self.batch.close()


def _on_host(known: Reached) -> Snapshot:
    return Snapshot(_numpy(known.observation), _numpy(known.state))


def _numpy(tensor: torch.Tensor) -> np.ndarray:
    array: np.ndarray = tensor.cpu().numpy()
    return array
