"""The task in ManiSkill 3 on the CPU: its environment as the policy was judged in, and its fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch

from text2reward.envs.maniskill.blocks import columns
from text2reward.envs.maniskill.instance import Instance, Reached
from text2reward.envs.maniskill.jointed import WITH_JOINTS
from text2reward.envs.maniskill.tabletop import CUBES, INSERTIONS, TOOLS
from text2reward.exporting.carried.control_step import ControlStep, unpack
from text2reward.exporting.carried.judge_of import judge_of

TASK = json.loads(Path(__file__).with_name("task.json").read_text(encoding="utf-8"))
_TASKS: tuple[Any, ...] = (*CUBES, *TOOLS, *INSERTIONS, *WITH_JOINTS)
_DECLARED = next(task for task in _TASKS if task.name == TASK["world"]["name"])


def batched_fields(env: Any) -> dict[str, torch.Tensor]:
    """Each field of all parallel environments of a ManiSkill environment, on their device; for ``reward_fields``."""
    return unpack(TASK, columns(_DECLARED.blocks, env.unwrapped))


def fields(env: Any, observation: Any, info: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Each field, from ManiSkill's own environment when it has no parallel ones."""
    packed = columns(_DECLARED.blocks, env.unwrapped)[:1].cpu().numpy()
    return {name: value[0] for name, value in unpack(TASK, packed).items()}


def make(render_mode: str | None = None) -> ControlStep:
    """One environment, which is not drawn; one step of it is one control step."""
    solved = None if TASK["judge"] else _solved
    return ControlStep(_Single(), TASK, _observed, _state, solved, happened=judge_of(TASK))


class _Single(gymnasium.Env[Any, Any]):
    """One environment without a time limit, whose scene is built anew for each episode."""

    def __init__(self) -> None:
        self._instance = Instance(_DECLARED, 1, "cpu")
        self.action_space = self._instance.env.single_action_space
        self.observation_space = self._instance.env.single_observation_space

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        number = int(self.np_random.integers(2**31 - 1)) if seed is None else seed
        reached = self._instance.begin([number], anew=True)
        return _numbers(reached.observation), _told(reached, False)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        reached, judged = self._instance.step(torch.as_tensor(action)[None])
        told = _told(reached, bool(judged.success[0]))
        return _numbers(reached.observation), float(judged.reward[0]), False, False, told

    def close(self) -> None:
        self._instance.close()


def _told(reached: Reached, success: bool) -> dict[str, Any]:
    return {"success": success, "state": _numbers(reached.state)}


def _numbers(rows: torch.Tensor) -> Any:
    return rows[0].cpu().numpy().copy()


def _observed(env: Any, observation: Any, info: Mapping[str, Any]) -> Any:
    return observation


def _state(env: Any, observation: Any, info: Mapping[str, Any]) -> Any:
    return info["state"]


def _solved(env: Any, observation: Any, info: Mapping[str, Any]) -> bool:
    return bool(info["success"])
