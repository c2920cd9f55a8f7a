"""Reading what a task declares from its environment; what cannot be read is told by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np

from text2reward.envs.faults import told
from text2reward.envs.gym.observation import numbers
from text2reward.envs.gym.sources import Entry, Source
from text2reward.errors import SourceFault, nearest

if TYPE_CHECKING:
    from text2reward.envs.gym.task import GymField

_SOLVED = "solved"
_NEEDED = " A field must be there after reset and after every step."


def read_numbers(space: gymnasium.Space[Any], obs: Any) -> np.ndarray:
    """``(O,)`` float32, the policy's input.

    Raises:
        SourceFault: the observation is not one of its space.
    """
    try:
        return numbers(space, obs)
    except Exception as error:  # whatever another shape or a missing key raises
        raise SourceFault("observation", f"does not fit its space {space}: {told(error)}.") from error


def read_field(each: GymField, env: Any, obs: Any, info: Mapping[str, Any]) -> np.ndarray:
    """The field's value, float32 of its shape.

    Raises:
        SourceFault: there is none.
    """
    name, shape, source = each.field.name, each.field.shape, each.source
    try:
        value = np.asarray(source(env, obs, info), dtype=np.float32)
    except Exception as error:  # whatever a person's function raises is for that person to read
        why = _missing(source, obs, info, _NEEDED) or f"cannot be read: {told(error)}.{_unwrapped(env, error)}"
        raise SourceFault(name, why) from error
    if value.shape != shape:
        raise SourceFault(
            name,
            _missing(source, obs, info, _NEEDED)
            or f"is declared with shape {shape}, but its source gives {value.shape}. Declare shape={value.shape}, or "
            "read other entries.",
        )
    return value


def read_solved(source: Source, env: Any, obs: Any, info: Mapping[str, Any]) -> bool:
    """Whether the task is solved.

    Raises:
        SourceFault: the source does not tell.
    """
    try:
        value = source(env, obs, info)
    except Exception as error:  # whatever a person's function raises is for that person to read
        text = _missing(source, obs, info) or f"raises {told(error)}."
        raise SourceFault(_SOLVED, text + _unwrapped(env, error) + _instead(source, error, info)) from error
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if np.ndim(value) != 0:
        raise SourceFault(_SOLVED, f"must be one True or False, but has shape {np.shape(value)}.")
    if value not in (0, 1):
        hint = "Compare it with something, as in ... < 0.05."
        raise SourceFault(_SOLVED, f"must be True or False, but is {value!r}. {hint}")
    return bool(value)


def _missing(source: Source, obs: Any, info: Mapping[str, Any], needed: str = "") -> str:
    """Why there is no such entry, and of ``info``, whose entries come and go, when it is ``needed``; else empty."""
    if not isinstance(source, Entry) or not (missing := source.missing(obs, info)):
        return ""
    return f"reads {source}, but {missing}{needed if source.root == 'info' else ''}"


def _unwrapped(env: gymnasium.Env[Any, Any], error: Exception) -> str:
    """Where the attribute is that a wrapper hides; empty where that is not it."""
    name = error.name if isinstance(error, AttributeError) and error.obj is env else None
    return f" Use env.unwrapped.{name}." if name and hasattr(env.unwrapped, name) else ""


def _instead(source: Source, error: Exception, info: Mapping[str, Any]) -> str:
    """How to ask for what only some steps tell, or no ``info``; empty where that is not it, as for a misspelled key."""
    if not isinstance(error, KeyError) or not error.args or (isinstance(source, Entry) and source.root == "obs"):
        return ""
    if error.args[0] in ("terminated", "truncated"):
        return (
            f" What step returns as {error.args[0]} is not in info: ask the environment in a function, or wrap it in "
            'one that writes info["success"].'
        )
    if nearest(str(error.args[0]), info):
        return ""
    return f" If info tells it in some steps only, use lambda env, obs, info: info.get({error.args[0]!r}, False)."
