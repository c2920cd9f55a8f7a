"""The task of a module of one's own, which lies in ``task/``: its environment as it was judged in, and its fields."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from text2reward.envs.gym.observation import numbers
from text2reward.envs.gym.scaling import scaled_to
from text2reward.exporting.carried.control_step import ControlStep, unpack
from text2reward.exporting.carried.judge_of import judge_of

_HERE = Path(__file__).parent
sys.path[:0] = [str(_HERE), str(_HERE / "task")]
TASK = json.loads((_HERE / "task.json").read_text(encoding="utf-8"))
DECLARED: Any = attrgetter(TASK["world"]["attribute"])(importlib.import_module(TASK["world"]["module"]))
if isinstance(DECLARED, list | tuple):
    DECLARED = DECLARED[0]


def fields(env: Any, observation: Any, info: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Each field, by the sources that the module declares."""
    return {name: value[0] for name, value in unpack(TASK, _state(env, observation, info)[None]).items()}


def make(render_mode: str | None = None) -> ControlStep:
    """One environment; one step of it is one control step, with actions in -1 to 1."""
    bare = DECLARED.make(render_mode)
    solved = None if TASK["judge"] else DECLARED.solved
    return ControlStep(bare, TASK, _observed, _state, solved, scaled_to(bare.action_space), judge_of(TASK))


def _observed(env: Any, observation: Any, info: Mapping[str, Any]) -> np.ndarray:
    return numbers(env.observation_space, observation)


def _state(env: Any, observation: Any, info: Mapping[str, Any]) -> np.ndarray:
    values = [np.asarray(each.source(env, observation, info), np.float32).reshape(-1) for each in DECLARED.fields]
    return np.concatenate(values)
