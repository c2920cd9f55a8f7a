"""EnvPool's Panda environments, with pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mujoco
import numpy as np

from text2reward.envs.drawing import Pictures
from text2reward.envs.envpool_simulator import EnvPoolSimulator, Pool
from text2reward.envs.panda.scene import load_scene

if TYPE_CHECKING:
    from text2reward.envs.task import Task


class PandaSimulator(EnvPoolSimulator):
    """EnvPool's environments. The first is drawn by showing its joint positions in the same scene in MuJoCo.

    Args:
        scene: the scene's file; an observation begins with the positions of all its joints.
    """

    def __init__(self, task: Task, pool: Pool, scene: str, num_envs: int) -> None:
        super().__init__(task, pool, num_envs)
        self._scene = scene
        self._data: Any = None
        self._pictures: Pictures | None = None

    def render(self) -> np.ndarray:
        """See :meth:`Simulator.render`."""
        if self._pictures is None:
            model = load_scene(self._scene)
            self._pictures = Pictures(model, _camera(model))
            self._data = mujoco.MjData(model)
        self._data.qpos[:] = self._seen.observation[0, : len(self._data.qpos)]
        self._data.mocap_pos[:] = self._seen.state[0, self.task.layout.columns("goal.pos")]
        mujoco.mj_forward(self._data.model, self._data)
        return self._pictures.draw(self._data)

    def close(self) -> None:
        """See :meth:`Simulator.close`."""
        super().close()
        if self._pictures is not None:
            self._pictures.close()
            self._pictures = None


def _camera(model: Any) -> Any:
    """The scene's own view, from the side that the robot faces."""
    camera = mujoco.MjvCamera()
    mujoco.mjv_defaultFreeCamera(model, camera)
    camera.azimuth, camera.distance = 140, 2.0
    return camera
