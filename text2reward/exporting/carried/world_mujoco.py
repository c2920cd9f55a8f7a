"""The task in Gymnasium's MuJoCo environments: its environment as the policy was judged in, and its fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gymnasium
import numpy as np

from text2reward.envs.mujoco.pose import Pose
from text2reward.exporting.carried.control_step import ControlStep, unpack
from text2reward.exporting.carried.judge_of import judge_of

TASK = json.loads(Path(__file__).with_name("task.json").read_text(encoding="utf-8"))
_ROBOT: Any = SimpleNamespace(**TASK["world"]["robot"])
_ROBOT.feet = [SimpleNamespace(**foot) for foot in _ROBOT.feet]
_POSE = Pose(_ROBOT)


def fields(env: Any, observation: Any, info: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Each field, from the MuJoCo data of the package's own environment."""
    return {name: value[0] for name, value in unpack(TASK, _state(env, observation, info)[None]).items()}


def make(render_mode: str | None = None) -> ControlStep:
    """One environment; one step of it is one control step."""
    options = {"terminate_when_unhealthy": False} if _ROBOT.falls else {}
    bare = gymnasium.make(
        _ROBOT.id,
        max_episode_steps=-1,  # none
        render_mode=render_mode,
        exclude_current_positions_from_observation=False,
        **options,
    )
    return ControlStep(bare, TASK, _observed, _state, None, happened=judge_of(TASK))


def _state(env: Any, observation: Any, info: Mapping[str, Any]) -> Any:
    data = env.unwrapped.data
    return _POSE.states(data.qpos[None], data.qvel[None])[0]


def _observed(env: Any, observation: np.ndarray, info: Mapping[str, Any]) -> Any:
    """As Gymnasium's environment gives it by default: without the horizontal position."""
    seen = observation[_ROBOT.unobserved :].astype(np.float32)
    if _ROBOT.observed_speed:
        first, last = _ROBOT.sizes[0] - _ROBOT.unobserved, sum(_ROBOT.sizes) - _ROBOT.unobserved
        seen[first:last] = np.clip(seen[first:last], -_ROBOT.observed_speed, _ROBOT.observed_speed)
    return seen
