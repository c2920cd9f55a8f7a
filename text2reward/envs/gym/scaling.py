"""From the task's actions, which lie in -1 to 1, to those of an environment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Space

_WIDEST = 1e6
"""Action bounds beyond it were not chosen by anybody."""


def hindrance(space: Space[Any]) -> tuple[str, str] | None:
    """Why actions of this space cannot be trained, said of the environment, and what to do; None where they can."""
    if not isinstance(space, Box) or not np.issubdtype(space.dtype, np.floating):
        return (
            f"takes {space}; only a continuous Box can be trained here",
            "Choose a continuous variant of it, or wrap it in one that takes numbers.",
        )
    if not space.low.size:
        return f"takes {space}, actions without a number", "Give its action_space a number for each motor."
    low, high = space.low.min(), space.high.max()
    if (np.abs([low, high]) <= _WIDEST).all():
        return None
    return (
        f"takes actions of any size ({low:g} to {high:g})",
        "Give its action_space bounds, or wrap it in gymnasium.wrappers.TransformAction with a bounded Box.",
    )


def scaled_to(space: Box) -> Callable[[np.ndarray], np.ndarray]:
    """From actions in -1 to 1 to those of ``space``, entry by entry."""
    low, high = space.low.astype(np.float64), space.high.astype(np.float64)

    def scaled(action: np.ndarray) -> np.ndarray:
        share = (action.reshape(space.shape) + 1) / 2
        action_there: np.ndarray = np.clip(low + share * (high - low), low, high).astype(space.dtype)
        return action_there

    return scaled
