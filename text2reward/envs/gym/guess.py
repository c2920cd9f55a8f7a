"""A first guess at a task's declaration, from an environment itself: what a person would otherwise look up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from text2reward.envs.faults import fault, load_robotics
from text2reward.envs.gym.model import Motion, actuated_joints, identifier
from text2reward.envs.gym.observation import is_picture, numbers, parts, unfit
from text2reward.envs.gym.quiet import quietly
from text2reward.envs.gym.scaling import hindrance
from text2reward.envs.gym.sources import SUCCESS_KEYS, Entry, Key, obs
from text2reward.errors import UserError

_STEPS, _EPISODES = 20, 3
_UNKNOWN = "TODO: what it is, and its unit"
_MANY = 8
"""Numbers nobody knows anything about get a field each up to so many, and one field together beyond."""
_GOAL = "goal"


@dataclass(frozen=True)
class GuessedField:
    """A field: what :func:`gym_field` is called with, a function as text, and what was seen of its value."""

    name: str
    source: Entry | str
    unit: str
    doc: str
    shape: tuple[int, ...] | None = None
    note: str = ""


@dataclass(frozen=True)
class Guess:
    """What an environment says of itself; ``success_key`` is empty where ``info`` has none.

    ``dt`` is a guess from the rate of its videos where ``dt_guessed``. ``make`` is the call that makes it, as text.
    """

    fields: tuple[GuessedField, ...]
    actions: tuple[str, ...]
    observation_size: int
    horizon: int | None
    dt: float | None
    success_key: str
    dt_guessed: bool = False
    make: str = 'gymnasium.make("TODO-v0", render_mode=mode)'


@quietly()
def guess(gym_id: str) -> Guess:
    """Make the environment, play a few random steps in it, and read what can be read.

    Raises:
        UserError: it cannot be made or stepped, its actions are not continuous, or it is seen in pictures only.
    """
    try:
        env, call = _made(gym_id)
        try:
            return replace(_guess(env), make=call)
        finally:
            env.close()
    except (Exception, SystemExit) as error:  # whatever it raises is for the person who asked for it to read
        raise fault(error, "when it is tried") from error


def _made(gym_id: str) -> tuple[gymnasium.Env[Any, Any], str]:
    """The environment, and the call that makes it anywhere: with the module that registers it, if one has to."""
    try:
        return _with_mode(gym_id)
    except gymnasium.error.UnregisteredEnv:
        load_robotics()
        if gym_id not in gymnasium.registry:
            raise
        return _with_mode(f"gymnasium_robotics:{gym_id}")


def _with_mode(gym_id: str) -> tuple[gymnasium.Env[Any, Any], str]:
    """The environment and the call that makes it: with a ``render_mode``, where it takes one."""
    name = json.dumps(gym_id, ensure_ascii=False)
    try:
        return gymnasium.make(gym_id, render_mode=None), f"gymnasium.make({name}, render_mode=mode)"
    except TypeError as error:
        if "render_mode" not in str(error):
            raise
        return gymnasium.make(gym_id), f"gymnasium.make({name})"


def _guess(env: gymnasium.Env[Any, Any]) -> Guess:
    hindered = hindrance(env.action_space)
    if hindered is not None:
        raise UserError(f"The environment {hindered[0]}.", hindered[1])
    if (problem := unfit(env.observation_space)) is not None:
        raise UserError(f"The environment's observation {problem[0]}.", problem[1])
    episodes, motion, info = _play(env)
    seen = [observation for episode in episodes for observation in episode]
    fields = _with_names_of_their_own(_fields(env.observation_space, seen, motion, obs))
    rate = (env.metadata or {}).get("render_fps")
    known = getattr(env.unwrapped, "dt", None)
    known = known if isinstance(known, (int, float, np.number)) else None
    dt = known or (1 / rate if rate else None)
    return Guess(
        fields=tuple(replace(field, note=_still(field.source, episodes)) for field in fields),
        actions=tuple(_actions(env)),
        observation_size=len(numbers(env.observation_space, seen[0])),
        horizon=env.spec.max_episode_steps if env.spec else None,
        dt=round(float(dt), 6) if dt else None,
        success_key=next((key for key in SUCCESS_KEYS if key in info), ""),
        dt_guessed=not known,
    )


def _play(env: gymnasium.Env[Any, Any]) -> tuple[list[list[Any]], Motion, Mapping[str, Any]]:
    """Observations by episode, what a model did meanwhile, and the last ``info``."""
    episodes: list[list[Any]] = []
    motion = Motion()
    info: Mapping[str, Any] = {}
    env.action_space.seed(0)
    for episode in range(_EPISODES):
        observation, info = env.reset(seed=episode)
        episodes.append([])
        for _ in range(_STEPS):
            episodes[-1].append(deepcopy(observation))
            motion.note(env.unwrapped)
            observation, _, terminated, cut, info = env.step(env.action_space.sample())
            if terminated or cut:
                break
    return episodes, motion, info


def _still(source: Entry | str, episodes: list[list[Any]]) -> str:
    """Whether a value stood still; a longer try, or a policy that wants to, may find that it does not."""
    assert isinstance(source, Entry)
    values = [np.stack([np.asarray(source(None, seen, {})) for seen in episode]) for episode in episodes]
    if any(np.ptp(each, axis=0).any() for each in values):
        return ""
    differs = np.ptp(np.stack([each[0] for each in values]), axis=0).any()
    return f"{'stood still within' if differs else 'never changed in'} {_EPISODES} short episodes"


def _fields(space: gymnasium.Space[Any], seen: list[Any], motion: Motion, source: Entry) -> Iterator[GuessedField]:
    inner, shape = parts(space), space.shape or ()
    if inner is not None:
        for key, part in inner.items():
            if not is_picture(part):
                yield from _fields(part, [each[key] for each in seen], motion, source[key])
    elif len(shape) == 1 and (not source.keys or shape[0] > _MANY):
        yield from _slices(np.stack(seen), motion, source)
    else:
        leaf, unit = ("pos", "m") if shape == (3,) else ("value", "1")
        yield GuessedField(_name(source.keys, leaf), source, unit, _UNKNOWN, shape)


def _name(keys: Sequence[Key], leaf: str) -> str:
    """``group.leaf`` for what lies at ``keys``: the last is the leaf where there are several, except for a goal."""
    path = _path(keys)
    if not path:
        return "robot.state"
    if len(path) > 1 and path[-1] != _GOAL:
        return f"{'_'.join(path[:-1])}.{path[-1]}"
    return f"robot.{path[0]}" if path[0] in ("pos", "value") else f"{'_'.join(path)}.{leaf}"


def _path(keys: Sequence[Key]) -> list[str]:
    return [_GOAL if key == "desired_goal" else identifier(str(key)) for key in keys]


def _slices(seen: np.ndarray, motion: Motion, source: Entry) -> Iterator[GuessedField]:
    """Fields for a row of numbers, ``(T, N)``: what the model explains, and the rest between."""
    at, unknown = 0, 0
    while at < seen.shape[1]:
        match = motion.match(seen, at)
        if match is None:
            at += 1
            continue
        yield from _rest(unknown, at, source)
        entries = slice(at, at + match.size) if match.size > 1 else at
        of_goal = _GOAL in _path(source.keys) and not match.name.startswith(_GOAL)
        name = f"{_GOAL}_{match.name}" if of_goal else match.name
        yield GuessedField(name, source[entries], match.unit, match.doc)
        unknown = at = at + match.size
    yield from _rest(unknown, at, source)


def _rest(first: int, end: int, source: Entry) -> Iterator[GuessedField]:
    group = "_".join(_path(source.keys)) or "robot"
    if end - first > _MANY:
        yield GuessedField(f"{group}.part_{first}_{end - 1}", source[first:end], "1", _UNKNOWN)
    else:
        for at in range(first, end):
            yield GuessedField(f"{group}.part_{at}", source[at], "1", _UNKNOWN)


def _with_names_of_their_own(fields: Iterator[GuessedField]) -> Iterator[GuessedField]:
    """No name comes twice, and no leaf is also the name of a group."""
    known = list(fields)
    groups = {field.name.split(".")[0] for field in known}
    taken: set[str] = set()
    for field in known:
        names = (f"{field.name}_{n}" if n > 1 else field.name for n in count(1))
        name = next(each for each in names if each not in taken and each.split(".")[1] not in groups)
        taken.add(name)
        yield replace(field, name=name)


def _actions(env: gymnasium.Env[Any, Any]) -> Iterator[str]:
    space = env.action_space
    assert isinstance(space, spaces.Box)
    joints = actuated_joints(env.unwrapped)
    for index, (low, high) in enumerate(zip(space.low.reshape(-1), space.high.reshape(-1), strict=True)):
        what = joints[index] if index < len(joints) else "TODO: what it does"
        yield f"{what}; -1 is {low:g} in the environment, 1 is {high:g}"
