"""From MuJoCo's ``qpos`` and ``qvel`` to the named state, the same way for every simulator."""

from __future__ import annotations

from pathlib import Path

import gymnasium.envs.mujoco
import mujoco
import numpy as np

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
        self._torso = self._model.body("torso").id
        geoms = [self._model.geom(foot.geom) for foot in robot.feet]
        self._feet = [geom.id for geom in geoms]
        # A capsule's second size is half its length without the caps, which lies along its z axis.
        self._ends = np.array([[0, 0, foot.end * geom.size[1]] for foot, geom in zip(robot.feet, geoms, strict=True)])

    def states(self, qpos: np.ndarray, qvel: np.ndarray) -> np.ndarray:
        """``(N, D)`` float32 states, packed as the fields are, of ``(N, Q)`` positions and ``(N, V)`` velocities."""
        moved = [self._moved(each) for each in qpos]
        pos, quat, rotation, feet = (np.stack(values) for values in zip(*moved, strict=True))
        positions, velocities = self._robot.root
        columns = [pos, quat, rotation[:, :, 2], *self._velocities(qvel, rotation)]
        if self._robot.planar:
            columns.append(qpos[:, 2:3])
        angles, speeds = qpos[:, positions:], qvel[:, velocities:]
        columns.append(np.stack([angles, speeds], axis=2).reshape(len(qpos), -1))  # angle and speed by turns
        columns.append(feet.reshape(len(qpos), -1))
        return np.concatenate(columns, axis=1).astype(np.float32)

    def _moved(self, qpos: np.ndarray) -> tuple[np.ndarray, ...]:
        """The torso's place, quaternion and ``(3, 3)`` rotation, and the ``(F, 3)`` places of the feet."""
        data = self._data
        data.qpos[:] = qpos
        mujoco.mj_kinematics(self._model, data)
        rotations = data.geom_xmat[self._feet].reshape(-1, 3, 3)
        feet = data.geom_xpos[self._feet] + np.einsum("fij,fj->fi", rotations, self._ends)
        torso = self._torso
        return data.xpos[torso].copy(), data.xquat[torso].copy(), data.xmat[torso].reshape(3, 3).copy(), feet

    def _velocities(self, qvel: np.ndarray, rotation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The torso's linear and angular velocity in the world, ``(N, 3)`` each."""
        if self._robot.planar:
            nothing = np.zeros(len(qvel))
            return (
                np.stack([qvel[:, 0], nothing, qvel[:, 1]], axis=1),
                np.stack([nothing, qvel[:, 2], nothing], axis=1),
            )
        # A free joint turns about the body's own axes.
        return qvel[:, :3], np.einsum("nij,nj->ni", rotation, qvel[:, 3:6])
