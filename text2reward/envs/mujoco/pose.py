"""From MuJoCo's ``qpos`` and ``qvel`` to the named state, the same way for every simulator."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import gymnasium.envs.mujoco
import mujoco
import numpy as np

if TYPE_CHECKING:
    from text2reward.envs.mujoco.robots import Robot

_ASSETS = Path(gymnasium.envs.mujoco.__file__).parent / "assets"


class Pose:
    """Computes where a robot's parts are, by MuJoCo's own kinematics.

    Args:
        robot: the body.
    """

    def __init__(self, robot: Robot) -> None:
        self._robot = robot
        self._model = mujoco.MjModel.from_xml_path(str(_ASSETS / robot.assets))
        self._data = mujoco.MjData(self._model)
        torso = self._model.body("torso").id
        geoms = [self._model.geom(foot.geom) for foot in robot.feet]
        self._feet = np.array([geom.id for geom in geoms])
        # A capsule's second size is half its length without the caps, which lies along its z axis.
        self._ends = np.array([foot.end * geom.size[1] for foot, geom in zip(robot.feet, geoms, strict=True)])[:, None]
        first = 17 if robot.planar else 16  # the torso's fields come before
        self._joints = slice(first, first + 2 * len(robot.joints))
        # Views of MuJoCo's memory, fetched once: its attributes are slow to get.
        data = self._data
        self._qpos = data.qpos
        self._moved = (data.xpos[torso], data.xquat[torso], data.xmat[torso], data.geom_xpos, data.geom_xmat)

    def states(self, qpos: np.ndarray, qvel: np.ndarray) -> np.ndarray:
        """``(N, D)`` float32 states, packed as the fields are, of ``(N, Q)`` positions and ``(N, V)`` velocities."""
        pos, quat, rotation, geoms, turned = self._kinematics(qpos)
        rotation = rotation.reshape(-1, 3, 3)
        axes = turned[:, self._feet].reshape(len(qpos), -1, 3, 3)[..., 2]
        feet = geoms[:, self._feet] + axes * self._ends
        packed = np.zeros((len(qpos), self._joints.stop + 3 * len(self._feet)), np.float32)
        packed[:, 0:3], packed[:, 3:7], packed[:, 7:10] = pos, quat, rotation[:, :, 2]
        if self._robot.planar:
            packed[:, 10], packed[:, 12], packed[:, 14] = qvel[:, 0], qvel[:, 1], qvel[:, 2]  # along x, z, about y
            packed[:, 16] = qpos[:, 2]
        else:  # a free joint turns about the body's own axes
            packed[:, 10:13], packed[:, 13:16] = qvel[:, :3], np.einsum("nij,nj->ni", rotation, qvel[:, 3:6])
        positions, velocities = self._robot.root
        joints = packed[:, self._joints]
        joints[:, 0::2], joints[:, 1::2] = qpos[:, positions:], qvel[:, velocities:]
        packed[:, self._joints.stop :] = feet.reshape(len(qpos), -1)
        return packed

    def _kinematics(self, qpos: np.ndarray) -> list[np.ndarray]:
        """The torso's places, quaternions and rotations, the geoms' places and rotations, N rows each."""
        rows: list[np.ndarray] = [np.empty((len(qpos), *part.shape)) for part in self._moved]
        slots = list(zip(rows, self._moved, strict=True))
        for index, each in enumerate(qpos):
            self._qpos[:] = each
            mujoco.mj_kinematics(self._model, self._data)
            for row, part in slots:
                row[index] = part
        return rows
