"""Drawing MuJoCo scenes."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np

from text2reward.errors import NoOpenGLError

SIZE = 320
"""Width and height of a picture, in pixels."""


class Pictures:
    """Draws one scene as it stands, without its shadows and reflections, which cost most on a software renderer.

    Args:
        model: the scene, an ``mjModel``.
        camera: the name of one of its cameras, or an ``MjvCamera``.

    Raises:
        NoOpenGLError: MuJoCo cannot open an OpenGL context in this process.
    """

    def __init__(self, model: Any, camera: Any) -> None:
        self._camera = camera
        model.vis.global_.offwidth = max(model.vis.global_.offwidth, SIZE)
        model.vis.global_.offheight = max(model.vis.global_.offheight, SIZE)
        model.vis.quality.offsamples = 0
        try:
            self._renderer = mujoco.Renderer(model, SIZE, SIZE)
        except Exception as error:  # what is raised depends on which OpenGL library is missing
            raise NoOpenGLError(f"MuJoCo cannot open an OpenGL context ({type(error).__name__}).") from error

    def draw(self, data: Any) -> np.ndarray:
        """A picture of ``data``, an ``mjData`` whose kinematics are up to date: ``(SIZE, SIZE, 3)`` uint8."""
        self._renderer.update_scene(data, camera=self._camera)
        self._renderer.scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = 0
        self._renderer.scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = 0
        picture: np.ndarray = self._renderer.render()
        return picture

    def close(self) -> None:
        """Free the OpenGL context."""
        self._renderer.close()
