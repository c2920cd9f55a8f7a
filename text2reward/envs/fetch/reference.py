"""Fetch in the ``gymnasium-robotics`` package: the reference that judges and renders."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np

from text2reward.envs.gymnasium_simulator import Gym

with contextlib.redirect_stderr(io.StringIO()):  # the package prints a notice about other environments
    from gymnasium_robotics.envs.fetch.pick_and_place import MujocoFetchPickAndPlaceEnv
    from gymnasium_robotics.envs.fetch.push import MujocoFetchPushEnv
    from gymnasium_robotics.envs.fetch.reach import MujocoFetchReachEnv
    from gymnasium_robotics.envs.fetch.slide import MujocoFetchSlideEnv

if TYPE_CHECKING:
    from text2reward.envs.fetch.tasks import FetchTask

CLASSES: Mapping[str, Any] = {
    "PickAndPlace": MujocoFetchPickAndPlaceEnv,
    "Push": MujocoFetchPushEnv,
    "Reach": MujocoFetchReachEnv,
    "Slide": MujocoFetchSlideEnv,
}
_SIZE = 320


def gym(spec: FetchTask) -> Gym:
    """The task ``spec`` as the package has it, without its time limit."""

    def make(render_mode: str | None) -> gymnasium.Env[Any, Any]:
        env: gymnasium.Env[Any, Any] = CLASSES[spec.name](
            reward_type="dense", render_mode=render_mode, width=_SIZE, height=_SIZE
        )
        return env

    def look(
        env: gymnasium.Env[Any, Any], observation: Mapping[str, np.ndarray], info: Mapping[str, Any]
    ) -> tuple[np.ndarray, np.ndarray]:
        known = spec.read({name: value[None] for name, value in observation.items()})
        return known.observation[0], known.state[0]

    return Gym(make, look, solved=lambda env, observation, info: info["is_success"] > 0)
