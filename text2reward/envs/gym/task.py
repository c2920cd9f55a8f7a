"""Declaring a task for a Gymnasium environment. Nothing is made or imported until the task is used."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from text2reward.envs.field import Dtype, Field, Varies
from text2reward.envs.gym.sources import Entry, Source
from text2reward.envs.simulator import Simulator
from text2reward.envs.task import Action, Reads, Task
from text2reward.errors import UserError, shorten

if TYPE_CHECKING:
    import gymnasium


@dataclass(frozen=True)
class GymField:
    """A field and where its value comes from; made by :func:`gym_field`."""

    field: Field
    source: Source


@dataclass(frozen=True)
class GymWorld:
    """What a declared task needs besides its :class:`Task`; the arguments are those of :func:`gym_task`."""

    make: Callable[[str | None], gymnasium.Env[Any, Any]]
    fields: tuple[GymField, ...]
    solved: Source | None

    def training(self, task: Task, num_envs: int) -> Simulator:
        """Try one environment, then make the simulator.

        Raises:
            TaskError: the declaration does not fit the environment; says all that is wrong.
        """
        from text2reward.envs.gym.simulator import make_simulator

        return make_simulator(self, task, num_envs)

    def reads(self) -> Reads:
        """See :attr:`Task.reads`."""
        import numpy as np

        from text2reward.envs.gym.reading import read_field

        def state(env: Any, obs: Any, info: Mapping[str, Any]) -> np.ndarray:
            return np.concatenate([read_field(each, env, obs, info).reshape(-1) for each in self.fields])

        return state


def gym_field(
    name: str,
    source: Source,
    unit: str,
    doc: str,
    varies: Varies = "step",
    shape: tuple[int, ...] | None = None,
    dtype: Dtype = "float32",
) -> GymField:
    """One named quantity of a declared task.

    Args:
        name: ``group.leaf``, for example ``robot.ee_pos``.
        source: ``obs[0:3]``, ``obs["key"]``, ``info["key"]``, or a function of environment, observation and ``info``.
        unit: SI unit, ``"1"`` for a pure number.
        doc: what the quantity is, in one line.
        varies: ``"step"`` if it can change within an episode, ``"reset"`` if only between episodes, else ``"never"``.
        shape: of one environment's value; as the source's index says, else a single number, unless given.
        dtype: ``float32`` or ``bool``.

    Raises:
        UserError: the name is not ``group.leaf``, the source cannot be called, unit or doc is no text, or the shape is
            not positive.
    """
    if not callable(source):
        raise UserError(f"The source of {name} is {source!r}.", 'Use obs[0:3], info["key"] or a function.')
    for what, text in (("unit", unit), ("doc", doc)):
        if not isinstance(text, str):
            raise UserError(f"The {what} of {name} is {text!r}.", "Say it in words.")
    if shape is None:
        shape = source.shape if isinstance(source, Entry) else ()
    return GymField(Field(name, shape, unit, doc, varies, dtype), source)


def gym_task(
    *,
    id: str,
    instruction: str,
    make: Callable[[str | None], gymnasium.Env[Any, Any]],
    fields: Sequence[GymField],
    actions: Sequence[str],
    observation_size: int,
    horizon: int,
    dt: float,
    solved: Source | None,
    success: str,
    robot: str,
    scene: str,
) -> Task:
    """A task in an environment of Gymnasium's interface.

    The policy's input is the observation as numbers: a ``Box`` row by row, a ``Dict`` entry after entry in the order
    in which its space lists them (Gymnasium sorts the keys of ``Dict({...})``), a ``Tuple`` part by part, pictures left
    out. An action entry of -1 is the lower end of the environment's range for it, 1 the upper end. An environment that
    ends an episode of its own accord stands still until the time is up.

    Args:
        id: ``simulator/name``, for example ``mine/pusher``.
        instruction: the sentence used when a person gives none.
        make: makes one environment, told its ``render_mode``: None, or ``rgb_array`` where it may be drawn.
        fields: the state a reward program may read.
        actions: what each entry of the action does, one line each.
        observation_size: how many numbers the policy's input has.
        horizon: steps in an episode.
        dt: seconds in a step.
        solved: whether the task is solved after a step: ``info["key"]``, or a function of environment, observation
            and ``info``. None is found by ``text2reward envs check``: no episode would ever be solved.
        success: the same in prose, for people.
        robot, scene: what there is, in prose.

    Raises:
        UserError: a number is out of range, there are no fields or actions, the fields were not made by
            :func:`gym_field`, something that is prose is no text, or the id is not ``simulator/name``.
    """
    for name, value in (("observation_size", observation_size), ("horizon", horizon)):
        if not isinstance(value, Integral) or value < 1:
            raise UserError(f"{name} is {value!r}.", "Use a whole number above 0.")
    if not isinstance(dt, Real) or not 0 < dt < math.inf:
        raise UserError(f"dt is {dt!r}.", "Use the seconds that a step lasts, above 0.")
    for name, text in {"instruction": instruction, "success": success, "robot": robot, "scene": scene}.items():
        if not isinstance(text, str):
            raise UserError(f"{name} is {text!r}.", "Say it in words.")
    if not isinstance(fields, Sequence) or not all(isinstance(each, GymField) for each in fields):
        raise UserError(f"fields is {shorten(repr(fields))}.", "Use a list of gym_field(...).")
    if not fields or not actions:
        raise UserError(f"{id} has no {'fields' if not fields else 'actions'}.", "Declare at least one.")
    if isinstance(actions, str) or not isinstance(actions, Sequence) or not all(isinstance(e, str) for e in actions):
        raise UserError(f"actions is {actions!r}.", "Use a list that says in words what each entry does.")
    if solved is not None and not callable(solved):
        raise UserError(f"solved is {solved!r}.", 'Use info["key"] or a function of env, obs and info.')
    world = GymWorld(make, tuple(fields), solved)
    return Task(
        id=id,
        instruction=instruction,
        fields=tuple(each.field for each in fields),
        action=Action(-1.0, 1.0, tuple(actions)),
        observation_size=int(observation_size),
        horizon=int(horizon),
        dt=dt,
        success=success,
        robot=robot,
        scene=scene,
        training=world.training,
        modules=("text2reward.envs.gym.simulator",),
        world=world,
        reads=world.reads,
    )
