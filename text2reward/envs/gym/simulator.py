"""The simulator of a declared task."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box

from text2reward.envs import pulse
from text2reward.envs.faults import fault
from text2reward.envs.gym.reading import read_numbers, read_solved
from text2reward.envs.gym.review import review
from text2reward.envs.gym.scaling import scaled_to
from text2reward.envs.gym.task import GymWorld
from text2reward.envs.gymnasium_simulator import DRAWN, Gym, GymnasiumSimulator
from text2reward.envs.task import Task
from text2reward.errors import SourceFault, TaskError


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
    pulse.beat()
    assert isinstance(tried.action_space, Box)
    draws = DRAWN in ((tried.metadata or {}).get("render_modes") or ())
    state = world.reads()

    def look(env: gymnasium.Env[Any, Any], obs: Any, info: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        known = state(env, obs, info)  # first: a field that cannot be read says more
        seen = read_numbers(env.observation_space, obs)
        if len(seen) != task.observation_size:
            text = f"has {len(seen)} numbers, and {task.observation_size} before. Give the same ones in every step."
            raise SourceFault("observation", text)
        return seen, known

    assert world.solved is not None  # as was reviewed
    gym = Gym(world.make, look, partial(read_solved, world.solved), scaled_to(tried.action_space), draws)
    simulator = GymnasiumSimulator(task, gym, num_envs)
    problem = _made_wrongly(simulator.envs, draws)
    if problem:
        simulator.close()
        raise TaskError(task.id, [("make", problem)])
    return simulator


def _made_wrongly(envs: list[gymnasium.Env[Any, Any]], draws: bool) -> str:
    """What is wrong with environments that were made; empty where nothing is."""
    if len({id(env.unwrapped) for env in envs}) < len(envs):
        return "returns the same environment twice. Make a new one at each call: the call belongs after `lambda mode:`."
    if draws and envs[0].render_mode in (None, "human"):
        return "does not pass its argument on, so nothing can be filmed. Make it with render_mode=mode."
    return ""
