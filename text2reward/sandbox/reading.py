"""Reading a program's fields from any Gymnasium environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import gymnasium
import numpy as np

from text2reward.envs.field import Field, StateLayout
from text2reward.envs.gym.sources import Entry, Source
from text2reward.envs.gym.task import GymWorld
from text2reward.envs.task import Task
from text2reward.errors import SourceFault, UserError

FieldSource = Source | slice | int | list[int]
"""A function of environment, observation and ``info``, ``obs[0:3]`` and the like, or indexes into the observation."""

_HOW = 'For example: fields={"robot.ee_pos": slice(0, 3), "goal.pos": lambda env, obs, info: env.unwrapped.goal}.'


class Reader(Protocol):
    """Reads all fields at once."""

    names: tuple[str, ...]
    layout: StateLayout
    """What a program may read; before the first reset, shapes may not be known yet."""

    def read(self, env: Any, obs: Any, info: Mapping[str, Any]) -> tuple[StateLayout, np.ndarray]:
        """How the state is packed, and the packed ``(1, D)`` float32 state.

        Raises:
            UserError: a field cannot be read; says which and why.
        """
        ...

    def action(self, action: Any) -> np.ndarray:
        """The environment's action as the program sees it, ``(1, A)`` float32."""
        ...


class SourceReader:
    """Fields by a source each, as :func:`~text2reward.envs.gym_field` takes them.

    Args:
        fields: name -> source.
        space: the environment's actions.
        constants: numbers that hold throughout, by the names that programs published elsewhere use.

    Raises:
        UserError: a source is none, or a name is no ``group.leaf``.
    """

    def __init__(
        self,
        fields: Mapping[str, FieldSource],
        space: gymnasium.Space[Any],
        constants: Mapping[str, float] | None = None,
    ) -> None:
        if not fields:
            raise UserError("No fields were named.", _HOW)
        for name in fields:
            Field(name, (), "1", "")
        self.names, self._constants = tuple(fields), dict(constants or {})
        self.layout = StateLayout([Field(name, (), "1", "") for name in fields], self._constants)
        self._sources = {name: _source(name, source) for name, source in fields.items()}
        self._clipped = _clipping(space)
        self._read = False

    def read(self, env: Any, obs: Any, info: Mapping[str, Any]) -> tuple[StateLayout, np.ndarray]:
        """See :meth:`Reader.read`; shapes are those of the first values."""
        values = {name: _value(name, source, env, obs, info) for name, source in self._sources.items()}
        if not self._read:
            self.layout, self._read = (
                StateLayout(
                    [
                        Field(name, value.shape, "1", "", dtype="bool" if value.dtype == bool else "float32")
                        for name, value in values.items()
                    ],
                    self._constants,
                ),
                True,
            )
        for field in self.layout.fields:
            if values[field.name].shape != field.shape:
                shape = values[field.name].shape
                raise UserError(f"{field.name} had shape {field.shape} and is {shape} now.", "Give one shape always.")
        packed = np.concatenate([value.astype(np.float32).reshape(-1) for value in values.values()])
        return self.layout, packed[None]

    def action(self, action: Any) -> np.ndarray:
        """See :meth:`Reader.action`: clipped to the environment's range."""
        return self._clipped(action)


class TaskReader:
    """The fields of a known task, from its package's own environment.

    Args:
        task: which task.
        space: the environment's actions.
        constants: those that are other than the task's, for example how long the environment's step lasts.

    Raises:
        UserError: its fields cannot be read from an environment, or something it needs is not installed.
    """

    def __init__(self, task: Task, space: gymnasium.Space[Any], constants: Mapping[str, float] | None = None) -> None:
        if task.reads is None:
            raise UserError(f"The fields of {task.id} cannot be read from an environment.", _HOW)
        task.check_needs()
        self.names = task.layout.names
        own = {**task.layout.constants, **(constants or {})}
        self.layout = StateLayout(task.fields, own, task.observed)
        self._task, self._read = task, task.reads()
        scaled = isinstance(task.world, GymWorld) and isinstance(space, gymnasium.spaces.Box)
        self._to_task = _unscaling(space) if scaled else np.asarray  # type: ignore[arg-type]

    def read(self, env: Any, obs: Any, info: Mapping[str, Any]) -> tuple[StateLayout, np.ndarray]:
        """See :meth:`Reader.read`."""
        try:
            packed = np.asarray(self._read(env, obs, info), dtype=np.float32).reshape(1, -1)
        except SourceFault as fault:
            raise self._cannot(env, str(fault).rstrip(".")) from fault
        except Exception as error:  # it depends on what the environment is
            raise self._cannot(env, f"{type(error).__name__}: {error}") from error
        if packed.shape[1] != self._task.layout.size:
            raise self._cannot(env, f"they are {self._task.layout.size} numbers, not {packed.shape[1]}")
        return self.layout, packed

    def action(self, action: Any) -> np.ndarray:
        """See :meth:`Reader.action`: in the task's range."""
        own = np.asarray(self._to_task(np.asarray(action, dtype=np.float32)), dtype=np.float32).reshape(1, -1)
        clipped: np.ndarray = np.clip(own, self._task.action.low, self._task.action.high)
        return clipped

    def _cannot(self, env: Any, why: str) -> UserError:
        return UserError(f"{env} does not have the fields of {self._task.id}: {why}.", f"Name them yourself. {_HOW}")


def _source(name: str, source: Any) -> Source:
    if isinstance(source, slice | int | list):
        return Entry("obs")[source]
    if not callable(source):
        raise UserError(f"The source of {name} is {source!r}.", _HOW)
    return source  # type: ignore[no-any-return]


def _value(name: str, source: Source, env: Any, obs: Any, info: Mapping[str, Any]) -> np.ndarray:
    if isinstance(source, Entry) and (missing := source.missing(obs, info)):
        raise UserError(f"{name}: {missing}")
    try:
        value = np.asarray(source(env, obs, info))
    except Exception as error:  # whatever a person's function raises is for that person to read
        raise UserError(f"{name} cannot be read: {type(error).__name__}: {error}.", _HOW) from error
    if value.dtype != bool and not np.issubdtype(value.dtype, np.number):
        raise UserError(f"{name} is {value.dtype}, no number.", _HOW)
    return value


def _clipping(space: gymnasium.Space[Any]) -> Callable[[Any], np.ndarray]:
    def clipped(action: Any) -> np.ndarray:
        numbers = np.asarray(action, dtype=np.float32)
        if isinstance(space, gymnasium.spaces.Box):
            numbers = np.clip(numbers, space.low, space.high)
        return numbers.astype(np.float32).reshape(1, -1)

    return clipped


def _unscaling(space: gymnasium.spaces.Box) -> Callable[[np.ndarray], np.ndarray]:
    """From actions of ``space`` to those in -1 to 1 that a declared task has."""
    low, high = space.low.astype(np.float64), space.high.astype(np.float64)

    def unscaled(action: np.ndarray) -> np.ndarray:
        task_action: np.ndarray = 2 * (action.reshape(space.shape) - low) / (high - low) - 1
        return task_action

    return unscaled
