"""From the task's actions, which lie in -1 to 1, to those of an environment."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from gymnasium.spaces import Box


def scaled_to(space: Box) -> Callable[[np.ndarray], np.ndarray]:
    """From actions in -1 to 1 to those of ``space``, entry by entry."""
    low, high = space.low.astype(np.float64), space.high.astype(np.float64)

    def scaled(action: np.ndarray) -> np.ndarray:
        share = (action.reshape(space.shape) + 1) / 2
        action_there: np.ndarray = np.clip(low + share * (high - low), low, high).astype(space.dtype)
        return action_there

    return scaled
