"""The Panda tasks as data.

What each slot of the observation holds was read in MuJoCo Playground
(``manipulation/franka_emika_panda/pick.py`` and ``open_cabinet.py``: ``_get_obs``) and EnvPool
(``mujoco/playground/panda.h``: ``UpdateObs``), and is tested against the scene in MuJoCo. Neither gives these two tasks
a success; it is taken from their sibling ``PandaPickCubeCartesian``, ``success_threshold`` there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from text2reward.envs.field import Field
from text2reward.envs.simulator import Simulator, Snapshot
from text2reward.envs.task import Action, Task

SIMULATOR_DT_S = 0.02
ACTION_REPEAT = 3
HORIZON = 50
"""Control steps; 150 simulator steps, as Playground has it."""

SUCCESS_WITHIN_M = 0.05

ROBOT = (
    "A Franka Panda arm with a parallel gripper. Its base stands at the origin, and it is moved by the angles of its "
    "seven joints."
)
AXES = "Axes: x away from the robot's base, y to its left, z up; z = 0 is the floor. "

ACTION = Action(
    low=-1.0,
    high=1.0,
    entries=(
        *(f"turns the target of joint {i}, 0.04 rad per simulator step at 1" for i in range(1, 8)),
        "gripper: 1 opens, -1 closes; moves each finger's target by 0.04 m, its whole way, per simulator step at 1",
    ),
    closing=-1.0,
)

_MODULES = ("text2reward.envs.panda.simulator", "text2reward.envs.rotation")

_ROBOT_FIELDS = (
    Field("robot.ee_pos", (3,), "m", "the point between the fingertips"),
    Field("robot.ee_quat", (4,), "1", "orientation of the gripper, wxyz; its z points out between the fingers"),
    Field("robot.gripper_width", (), "m", "gap between the fingers, 0 closed to 0.08 wide open"),
    Field("robot.gripper_width_rate", (), "m/s", "how fast the gap grows"),
    Field("robot.joint_pos", (7,), "rad", "angles of the arm's joints"),
    Field("robot.joint_vel", (7,), "rad/s", "angular velocities of the arm's joints"),
)

_ARM, _FINGERS, _REST = slice(0, 7), slice(7, 9), slice(9, None)
"""Of positions, and of velocities; the rest belongs to what has to move."""

_EE, _EE_ROWS, _TO_THING, _TO_GOAL = slice(0, 3), slice(3, 9), slice(15, 18), slice(18, 21)
"""Of what follows positions and velocities: the gripper, two rows of its rotation, from it to the thing, and on."""

Pack = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, ...]]
"""The thing's own fields from its place, its joint's position and its joint's velocity."""


def _cube(pos: np.ndarray, joint: np.ndarray, velocity: np.ndarray) -> tuple[np.ndarray, ...]:
    from text2reward.envs.rotation import from_wxyz, to_world

    # MuJoCo gives a free body's angular velocity in the body's own frame.
    return pos, from_wxyz(joint[:, 3:]), velocity[:, :3], to_world(velocity[:, 3:], joint[:, 3:])


def _handle(pos: np.ndarray, joint: np.ndarray, velocity: np.ndarray) -> tuple[np.ndarray, ...]:
    return pos, velocity


@dataclass(frozen=True)
class PandaTask:
    """What differs from task to task.

    Args:
        name: as in EnvPool's id, for example ``PickCube``.
        scene: the scene's file.
        positions, velocities: how many numbers the scene's joints have.
        pack: the fields of what has to move.
    """

    name: str
    scene: str
    positions: int
    velocities: int
    pack: Pack

    def read(self, seen: np.ndarray) -> Snapshot:
        """Observation and packed state of EnvPool's ``(N, 66)`` or ``(N, 55)`` observations."""
        from text2reward.envs.rotation import from_last_rows

        q, v, rest = np.split(seen, [self.positions, self.positions + self.velocities], axis=1)
        ee_pos, ee_rows, to_thing, to_goal = (rest[:, part] for part in (_EE, _EE_ROWS, _TO_THING, _TO_GOAL))
        pos = ee_pos + to_thing
        state = (
            ee_pos,
            from_last_rows(ee_rows),
            q[:, _FINGERS].sum(axis=1, keepdims=True),
            v[:, _FINGERS].sum(axis=1, keepdims=True),
            q[:, _ARM],
            v[:, _ARM],
            *self.pack(pos, q[:, _REST], v[:, _REST]),
            pos + to_goal,
        )
        return Snapshot(seen.astype(np.float32), np.concatenate(state, axis=1).astype(np.float32))

    def solved(self, seen: np.ndarray) -> np.ndarray:
        """Where the thing is at the goal, ``(N,)`` bool, of EnvPool's observations."""
        to_goal = seen[:, self.positions + self.velocities :][:, _TO_GOAL]
        near: np.ndarray = np.linalg.norm(to_goal, axis=1) < SUCCESS_WITHIN_M
        return near

    def training(self, task: Task, num_envs: int) -> Simulator:
        """EnvPool's environments of the task, which also judge and draw."""
        from text2reward.envs.envpool_simulator import Pool
        from text2reward.envs.panda.simulator import PandaSimulator

        return PandaSimulator(task, Pool(f"Panda{self.name}-v1", self.read, self.solved), self.scene, num_envs)


def _task(
    spec: PandaTask,
    instruction: str,
    scene: str,
    moving: tuple[Field, ...],
    goal_doc: str,
    observation_size: int,
) -> Task:
    return Task(
        id=f"panda/{spec.name}",
        instruction=instruction,
        fields=(*_ROBOT_FIELDS, *moving, Field("goal.pos", (3,), "m", goal_doc, "reset")),
        action=ACTION,
        observation_size=observation_size,
        horizon=HORIZON,
        dt=SIMULATOR_DT_S * ACTION_REPEAT,
        success=f"{moving[0].name} is within {SUCCESS_WITHIN_M} m of the goal.",
        robot=ROBOT,
        scene=AXES + scene,
        training=spec.training,
        action_repeat=ACTION_REPEAT,
        modules=_MODULES,
        twin="envpool",
        judge_envs=10,
        constants={"gripper_width_open": 0.08},
    )


TASKS: Sequence[Task] = (
    _task(
        PandaTask("PickCube", "mjx_single_cube.xml", 16, 15, _cube),
        "Pick up the cube and bring it to the goal position.",
        "A block, 0.04 m by 0.04 m and 0.06 m high, on the floor and a goal position 0.2 to 0.4 m above the block's "
        "start height. Both places differ between episodes. The gripper starts open, 0.38 m above the floor, pointing "
        "down.",
        (
            Field("cube.pos", (3,), "m", "the cube's centre"),
            Field("cube.quat", (4,), "1", "orientation of the cube, wxyz"),
            Field("cube.vel", (3,), "m/s", "velocity of the cube's centre"),
            Field("cube.ang_vel", (3,), "rad/s", "angular velocity of the cube, about the world's axes"),
        ),
        "where the cube's centre shall be",
        66,
    ),
    _task(
        PandaTask("OpenCabinet", "mjx_cabinet.xml", 10, 10, _handle),
        "Take hold of the handle and pull it to the goal position, to open the cabinet.",
        "A handle, a bar along y of 0.16 m by 0.02 m by 0.02 m at x = 0.5, y = 0, z = 0.5, that slides towards the "
        "robot (-x) as far as x = 0; 0.01 m behind it is the panel it belongs to. The hand cannot get beyond x = 0.52. "
        "How far the handle has to come and how the arm stands, nearly upright and with a closed gripper, differ "
        "between episodes.",
        (
            Field("handle.pos", (3,), "m", "the handle's middle"),
            Field("handle.vel_x", (), "m/s", "velocity of the handle along x"),
        ),
        "where the handle's middle shall be, 0.1 to 0.3 m from its start",
        55,
    ),
)
