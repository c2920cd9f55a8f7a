"""An environment's observation as the policy's input: numbers in the order of its space, pictures left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from text2reward.errors import shorten

_SIDE = 16
"""Pixels that a side of an image has at least, where its numbers are no bytes."""


def numbers(space: gymnasium.Space[Any], observation: Any) -> np.ndarray:
    """``(O,)`` float32."""
    if isinstance(space, spaces.Box):
        return np.asarray(observation, dtype=np.float32).reshape(-1)
    return np.concatenate([np.zeros(0, dtype=np.float32), *_parts(space, observation)])


def parts(space: gymnasium.Space[Any]) -> Mapping[Any, gymnasium.Space[Any]] | None:
    """What a ``Dict`` or ``Tuple`` is made of, by key or index; None where the space has no parts."""
    if isinstance(space, spaces.Dict):
        return space.spaces
    return dict(enumerate(space.spaces)) if isinstance(space, spaces.Tuple) else None


def is_picture(space: gymnasium.Space[Any]) -> bool:
    """Whether an observation of this space is an image: of bytes, or of any numbers in 1, 3 or 4 channels."""
    if not isinstance(space, spaces.Box):
        return False
    if space.dtype == np.uint8:
        return len(space.shape) >= 2
    shape = space.shape[-3:]  # several in a row have more
    return len(shape) == 3 and any(
        channels in (1, 3, 4) and min(sides) >= _SIDE
        for channels, sides in ((shape[-1], shape[:-1]), (shape[0], shape[1:]))
    )


def unfit(space: gymnasium.Space[Any]) -> tuple[str, str] | None:
    """Why a policy cannot take observations of this space, and what to do; None where it can."""
    if not isinstance(space, gymnasium.Space):
        return f"has the space {shorten(repr(space))}", "Set observation_space to one of gymnasium.spaces, such as Box."
    if not _has_numbers(space):
        return (
            f"is a picture only ({space}); the policy here needs numbers",
            "Make the environment with its state as observation, or wrap it in one that adds it.",
        )
    if (lost := _without_numbers(space)) is not None:
        return (
            f"has {shorten(str(lost))}, which cannot be made a row of numbers",
            "Wrap the environment to give a Box or Dict without it.",
        )
    return None


def _has_numbers(space: gymnasium.Space[Any]) -> bool:
    """Whether an observation of this space has anything but pictures."""
    inner = parts(space)
    return not is_picture(space) if inner is None else any(map(_has_numbers, inner.values()))


def _without_numbers(space: gymnasium.Space[Any]) -> gymnasium.Space[Any] | None:
    """The first part of a space that is no fixed count of numbers, such as a text; None where there is none."""
    inner = parts(space)
    if inner is None:
        return None if space.shape is not None and space.is_np_flattenable else space
    return next((found for part in inner.values() if (found := _without_numbers(part)) is not None), None)


def _parts(space: gymnasium.Space[Any], observation: Any) -> Iterator[np.ndarray]:
    inner = parts(space)
    if inner is not None:
        for key, part in inner.items():
            yield from _parts(part, observation[key])
    elif not is_picture(space):
        yield np.asarray(spaces.flatten(space, observation), dtype=np.float32)
