"""Pictures of a ManiSkill environment, drawn by a twin of it that has a renderer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from text2reward.envs.maniskill import package
from text2reward.errors import RenderError

if TYPE_CHECKING:
    from text2reward.envs.maniskill.task import ManiSkillTask

_SIZE = 320


class Camera:
    """A twin that is put into the state of what shall be drawn, so that simulating needs no renderer.

    Raises:
        RenderError: there is no Vulkan device.
    """

    def __init__(self, task: ManiSkillTask) -> None:
        try:
            self._twin = package.make_drawn(task.uid, task.control, _SIZE)
        except Exception as error:  # what is raised depends on which part of Vulkan is missing
            raise RenderError(
                f"ManiSkill finds no Vulkan device to draw with ({type(error).__name__}: {error}).",
                "Install a GPU's Vulkan driver, or Mesa 24.3 or newer (Debian: mesa-vulkan-drivers).",
            ) from error
        self._seed: int | None = None

    def draw(self, env: Any, seed: int) -> np.ndarray:
        """A picture of ``env``, ``(H, W, 3)`` uint8.

        Args:
            env: what is drawn.
            seed: of its episode; models and sizes follow from it.
        """
        if seed != self._seed:
            self._twin.reset(seed=seed)
            self._seed = seed
        self._twin.set_state_dict(env.get_state_dict())
        picture: np.ndarray = self._twin.render().cpu().numpy()[0]
        return picture

    def close(self) -> None:
        """Free the twin and its renderer."""
        self._twin.close()
