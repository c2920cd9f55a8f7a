"""The task in the ``gymnasium-robotics`` package: its environment as the policy was judged in, and its fields."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from text2reward.envs.fetch.slots import observed, packed
from text2reward.exporting.carried.control_step import ControlStep, unpack
from text2reward.exporting.carried.judge_of import judge_of

TASK = json.loads(Path(__file__).with_name("task.json").read_text(encoding="utf-8"))
_WORLD = TASK["world"]


def fields(env: Any, observation: Mapping[str, np.ndarray], info: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Each field, from an observation of the package's own environment."""
    return {name: value[0] for name, value in unpack(TASK, _state(env, observation, info)[None]).items()}


def make(render_mode: str | None = None) -> ControlStep:
    """One environment; one step of it is one control step."""
    module = importlib.import_module(_WORLD["module"])
    bare = getattr(module, _WORLD["class"])(reward_type="dense", render_mode=render_mode)
    solved = None if TASK["judge"] else _solved
    return ControlStep(bare, TASK, _observed, _state, solved, happened=judge_of(TASK))


def _observed(env: Any, seen: Mapping[str, np.ndarray], info: Mapping[str, Any]) -> Any:
    return observed(seen["observation"][None], seen["desired_goal"][None])[0]


def _state(env: Any, seen: Mapping[str, np.ndarray], info: Mapping[str, Any]) -> Any:
    return packed(seen["observation"][None], seen["desired_goal"][None], _WORLD["thing"], _WORLD["grips"])[0]


def _solved(env: Any, seen: Mapping[str, np.ndarray], info: Mapping[str, Any]) -> bool:
    return bool(info["is_success"] > 0)
