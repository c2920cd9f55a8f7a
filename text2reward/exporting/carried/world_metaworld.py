"""The task in the ``metaworld`` package: its environment as the policy was judged in, and its fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gymnasium
import mujoco
import numpy as np
from metaworld.env_dict import ALL_V3_ENVIRONMENTS_GOAL_OBSERVABLE

from text2reward.exporting.carried.control_step import ControlStep, unpack
from text2reward.exporting.carried.judge_of import judge_of

TASK = json.loads(Path(__file__).with_name("task.json").read_text(encoding="utf-8"))
_WORLD = TASK["world"]


def fields(env: Any, observation: np.ndarray, info: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Each field, from an observation of the package's own environment with a visible goal, 39 numbers."""
    return {name: value[0] for name, value in unpack(TASK, _state(env, observation, info)[None]).items()}


def make(render_mode: str | None = None) -> ControlStep:
    """One environment; one step of it is one control step."""
    make_bare: Any = ALL_V3_ENVIRONMENTS_GOAL_OBSERVABLE[f"{_WORLD['name']}-goal-observable"]
    bare = make_bare(seed=0) if render_mode is None else make_bare(seed=0, render_mode=render_mode)
    return ControlStep(_Fresh(bare), TASK, _observed, _state, _solved, happened=judge_of(TASK))


class _Fresh(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Starts from the seed alone.

    The package's ``reset`` moves bodies after its last forward pass, so its first observation shows objects where the
    previous episode had them. Here the kinematics are brought up to date before the first observation is read.
    """

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        env._freeze_rand_vec = False
        env.seeded_rand_vec = True
        env._partially_observable = False

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        env: Any = self.env
        if seed is not None:
            env.seed(int(seed))
        env.reset()
        mujoco.mj_kinematics(env.model, env.data)
        frame = env._get_curr_obs_combined_no_goal()
        env._prev_obs = frame
        return np.hstack((frame, frame, env._get_pos_goal())), {}


def _observed(env: Any, observation: np.ndarray, info: Mapping[str, Any]) -> Any:
    return np.asarray(observation, np.float32)


def _state(env: Any, observation: np.ndarray, info: Mapping[str, Any]) -> Any:
    return np.asarray(observation, np.float32)[_WORLD["columns"]]


def _solved(env: Any, observation: np.ndarray, info: Mapping[str, Any]) -> bool:
    return bool(info["success"])
