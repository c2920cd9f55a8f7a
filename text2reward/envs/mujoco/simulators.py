"""The two simulators of a robot: EnvPool's, in which policies train, and Gymnasium's, the reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np

from text2reward.envs.envpool_simulator import EnvPoolSimulator, Pool
from text2reward.envs.gymnasium_simulator import Gym, GymnasiumSimulator
from text2reward.envs.mujoco.pose import Pose
from text2reward.envs.mujoco.robots import Robot
from text2reward.envs.simulator import Snapshot

if TYPE_CHECKING:
    from text2reward.envs.task import Reads, Task

_SIZE = 320
_NO_LIMIT = 1e9


def training(robot: Robot, task: Task, num_envs: int) -> EnvPoolSimulator:
    """The robot in EnvPool. Velocities are asked for as they are, and clipped here for the policy alone."""
    pose = Pose(robot)
    positions, velocities = robot.sizes

    def read(observation: np.ndarray) -> Snapshot:
        qpos, qvel = observation[:, :positions], observation[:, positions : positions + velocities]
        return Snapshot(_observed(robot, observation), pose.states(qpos, qvel))

    speeds = {"velocity_min": -_NO_LIMIT, "velocity_max": _NO_LIMIT} if robot.observed_speed else {}
    return EnvPoolSimulator(task, Pool(robot.id, read, options=_options(robot) | speeds), num_envs)


def reference(robot: Robot, task: Task, num_envs: int) -> GymnasiumSimulator:
    """The robot in Gymnasium."""
    state = reads(robot)

    def make(mode: str | None) -> gymnasium.Env[Any, Any]:
        return gymnasium.make(
            robot.id,
            max_episode_steps=-1,  # none
            render_mode=mode,
            width=_SIZE,
            height=_SIZE,
            camera_name="track",
            **_options(robot),
        )

    def look(env: gymnasium.Env[Any, Any], observation: Any, info: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        return _observed(robot, observation[None])[0], state(env, observation, info)

    return GymnasiumSimulator(task, Gym(make, look), num_envs)


def reads(robot: Robot) -> Reads:
    """See :attr:`Task.reads`."""
    pose = Pose(robot)

    def state(env: gymnasium.Env[Any, Any], observation: Any, info: Mapping[str, Any]) -> np.ndarray:
        data = env.unwrapped.data  # type: ignore[attr-defined]
        packed: np.ndarray = pose.states(data.qpos[None], data.qvel[None])[0]
        return packed

    return state


def _options(robot: Robot) -> dict[str, Any]:
    """The whole ``qpos`` is observed, and only time ends an episode."""
    options: dict[str, Any] = {"exclude_current_positions_from_observation": False}
    if robot.falls:
        options["terminate_when_unhealthy"] = False
    return options


def _observed(robot: Robot, observation: np.ndarray) -> np.ndarray:
    """``(N, O)`` as Gymnasium's environment gives it by default: without the horizontal position."""
    seen = observation[:, robot.unobserved :].astype(np.float32)
    if robot.observed_speed:
        first, last = robot.sizes[0] - robot.unobserved, sum(robot.sizes) - robot.unobserved
        seen[:, first:last] = np.clip(seen[:, first:last], -robot.observed_speed, robot.observed_speed)
    return seen
