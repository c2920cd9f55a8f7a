"""The simulator of a declared task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box

from text2reward.envs.faults import fault
from text2reward.envs.gym.observation import numbers
from text2reward.envs.gym.review import review
from text2reward.envs.gym.scaling import scaled_to
from text2reward.envs.gym.task import GymWorld
from text2reward.envs.gymnasium_simulator import DRAWN, Gym, GymnasiumSimulator
from text2reward.envs.task import Task
from text2reward.errors import TaskError


def make_simulator(world: GymWorld, task: Task, num_envs: int) -> GymnasiumSimulator:
    """Try one environment, then make ``num_envs``.

    Raises:
        TaskError: the declaration does not fit the environment.
        UserError: no environment can be made.
    """
    try:
        tried = review(world, task)
    except SystemExit as error:
        raise fault(error, "when it is made and tried") from error
    assert isinstance(tried.action_space, Box)
    draws = DRAWN in (tried.metadata.get("render_modes") or ())
    state = world.reads()

    def look(env: gymnasium.Env[Any, Any], obs: Any, info: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        return numbers(env.observation_space, obs), state(env, obs, info)

    gym = Gym(world.make, look, world.solved, scaled_to(tried.action_space), draws)
    simulator = GymnasiumSimulator(task, gym, num_envs)
    if draws:
        _check_drawn(simulator, task)
    return simulator


def _check_drawn(simulator: GymnasiumSimulator, task: Task) -> None:
    """An environment that can draw must do so where it is asked to."""
    if simulator.envs[0].render_mode is None:
        simulator.close()
        text = "does not pass its argument on, so nothing can be filmed. Make it with render_mode=mode."
        raise TaskError(task.id, [("make", text)])
