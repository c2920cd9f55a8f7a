"""One instance of ManiSkill: a single environment on a CPU, a whole batch of parallel ones on a GPU."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from text2reward.envs.maniskill.blocks import columns
from text2reward.envs.maniskill.package import make
from text2reward.envs.maniskill.poses import ask_once, step_of
from text2reward.envs.maniskill.unseen import unseen

if TYPE_CHECKING:
    from text2reward.envs.maniskill.task import ManiSkillTask
    from text2reward.envs.task import Device


@dataclass(frozen=True, slots=True)
class Reached:
    """What is known after a simulator step, rows of n parallel environments, on the simulation's device.

    Args:
        observation: ``(n, O)`` float32, ManiSkill's state observation.
        state: ``(n, D)`` float32, packed as the task's layout says.
    """

    observation: torch.Tensor
    state: torch.Tensor


@dataclass(frozen=True, slots=True)
class Judged:
    """What ManiSkill says of a simulator step.

    Args:
        success: ``(n,)`` bool.
        reward: ``(n,)`` float32.
        parts: further numbers of ManiSkill's evaluation, ``(n,)`` each.
    """

    success: torch.Tensor
    reward: torch.Tensor
    parts: Mapping[str, torch.Tensor]


class Instance:
    """``width`` parallel environments of one task, without time limit and without resets of their own.

    Args:
        task: which task.
        width: how many; more than one only on a GPU.
        device: where they are simulated.
    """

    def __init__(self, task: ManiSkillTask, width: int, device: Device) -> None:
        self.width = width
        self.device = torch.device(device)
        self.env = make(task.uid, width, device, task.control)
        self._on_cpu = self.device.type == "cpu"
        if self._on_cpu:
            ask_once(type(self.env))
        self._blocks = task.blocks
        self._grasps: dict[Any, torch.Tensor] = {}
        self._agent: Any = None

    def begin(self, seeds: Sequence[int], which: torch.Tensor | None = None, anew: bool = False) -> Reached:
        """Start episodes.

        Args:
            seeds: one per parallel environment.
            which: indices of the environments that start; all unless given.
            anew: build the scene anew. Otherwise contacts of the last episode may leave traces in the solver.

        Returns:
            What is known of all environments, those that did not start included.
        """
        options: dict[str, Any] = {"reconfigure": True} if anew else {}
        if which is not None:
            options["env_idx"] = which
        self._grasps.clear()
        with unseen():
            observation, _ = self.env.reset(seed=list(seeds), options=options)
        if self._agent is not self.env.agent:
            self._remember_grasps()
        return Reached(observation, columns(self._blocks, self.env))

    def step(self, action: torch.Tensor) -> tuple[Reached, Judged]:
        """One simulator step with ``(n, A)`` actions."""
        self._grasps.clear()
        with step_of(self.env) if self._on_cpu else contextlib.nullcontext():
            observation, reward, _, _, info = self.env.step(action)
            reached = Reached(observation, columns(self._blocks, self.env))
        # The faucet's are (1, 1) on a CPU.
        return reached, Judged(info["success"].reshape(-1), reward.reshape(-1).float(), info)

    def close(self) -> None:
        """Free the scene."""
        self.env.close()

    def _remember_grasps(self) -> None:
        """Ask about each grasp once a step, and on a CPU only if a finger presses: it takes long to answer."""
        agent = self._agent = self.env.agent
        ask = agent.is_grasping

        def answer(thing: Any, min_force: float, max_angle: float) -> torch.Tensor:
            if self._on_cpu:
                force = torch.linalg.norm(agent.scene.get_pairwise_contact_forces(agent.finger1_link, thing), dim=1)
                if not force >= min_force:
                    return torch.zeros(1, dtype=torch.bool)
            known: torch.Tensor = ask(thing, min_force, max_angle)
            return known

        def is_grasping(thing: Any, min_force: float = 0.5, max_angle: float = 85) -> torch.Tensor:
            key = (thing.name, min_force, max_angle)
            if key not in self._grasps:
                self._grasps[key] = answer(thing, min_force, max_angle)
            return self._grasps[key]

        agent.is_grasping = is_grasping
