"""How EnvPool's episodes are started again in the package, and how far the two may part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import gymnasium
import mujoco
import numpy as np

from text2reward.envs.gymnasium_simulator import GymnasiumSimulator
from text2reward.envs.parity import Actions
from text2reward.envs.simulator import Simulator, Snapshot
from text2reward.envs.task import Task

TOLERANCE: Mapping[Actions, float] = {"random": 0.05, "expert": 0.2}
"""Largest difference of any place, opening (m) or quaternion entry. Pushed blocks turn and part by centimetres."""


class _Placed(gymnasium.Wrapper[Any, Any, Any, Any]):
    """An environment that starts with its goal, and with what has to move, in given places."""

    def __init__(self, env: gymnasium.Env[Any, Any], goal: np.ndarray, thing: np.ndarray | None) -> None:
        super().__init__(env)
        self._goal, self._thing = goal, thing

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start in these places, whatever the seed."""
        _, info = self.env.reset(seed=seed, options=options)
        bare: Any = self.env.unwrapped
        bare.goal = self._goal
        if self._thing is not None:
            bare.data.joint("object0:joint").qpos[:2] = self._thing[:2]
        mujoco.mj_forward(bare.model, bare.data)
        return bare._get_obs(), info


def begin(task: Task, here: Snapshot) -> tuple[Simulator, Snapshot]:
    """The package's environments, started where the twin's episodes start."""
    package = cast(GymnasiumSimulator, task.make_reference(len(here.state)))
    places = task.layout.unpack(here.state.astype(np.float64))
    thing = next((name for name in places if name in ("block.pos", "puck.pos")), None)
    for i, env in enumerate(package.envs):
        package.envs[i] = _Placed(env, places["goal.pos"][i], places[thing][i] if thing else None)
    return package, package.reset(range(len(here.state)))
