"""An environment's observation as the policy's input: numbers in the order of its space, pictures left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

_SIDE = 16
"""Pixels that a side of an image has at least, where its numbers are no bytes."""


def numbers(space: gymnasium.Space[Any], observation: Any) -> np.ndarray:
    """``(O,)`` float32."""
    if isinstance(space, spaces.Box):
        return np.asarray(observation, dtype=np.float32).reshape(-1)
    return np.concatenate([np.zeros(0, dtype=np.float32), *_parts(space, observation)])


def is_picture(space: gymnasium.Space[Any]) -> bool:
    """Whether an observation of this space is an image: of bytes, or of any numbers in 1, 3 or 4 channels."""
    if not isinstance(space, spaces.Box):
        return False
    if space.dtype == np.uint8:
        return len(space.shape) >= 2
    return len(space.shape) == 3 and any(
        channels in (1, 3, 4) and min(sides) >= _SIDE
        for channels, sides in ((space.shape[-1], space.shape[:-1]), (space.shape[0], space.shape[1:]))
    )


def has_numbers(space: gymnasium.Space[Any]) -> bool:
    """Whether an observation of this space has anything but pictures."""
    if isinstance(space, spaces.Dict):
        return any(has_numbers(part) for part in space.spaces.values())
    return not is_picture(space)


def _parts(space: gymnasium.Space[Any], observation: Any) -> Iterator[np.ndarray]:
    if isinstance(space, spaces.Dict):
        for name, part in space.spaces.items():
            yield from _parts(part, observation[name])
    elif not is_picture(space):
        yield np.asarray(spaces.flatten(space, observation), dtype=np.float32)
