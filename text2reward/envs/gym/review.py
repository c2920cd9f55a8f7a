"""Reviewing a declared task against its environment, before anything is trained or measured in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box
from gymnasium.wrappers import TimeLimit

from text2reward.envs.faults import fault, takes_one_argument, told
from text2reward.envs.gym.observation import unfit
from text2reward.envs.gym.reading import read_field, read_numbers, read_solved
from text2reward.envs.gym.scaling import hindrance
from text2reward.envs.gym.sources import SUCCESS_KEYS, Entry, Key, Source
from text2reward.envs.gym.task import GymField, GymWorld
from text2reward.envs.gymnasium_simulator import began, stepped
from text2reward.envs.task import Task
from text2reward.errors import SourceFault, TaskError

Problem = tuple[str, str]
"""What it is about, and what was expected, what was found, and how to mend it."""


def review(world: GymWorld, task: Task) -> gymnasium.Env[Any, Any]:
    """Make one environment, reset it, take a step, close it; returns it, to read its spaces and metadata from.

    Raises:
        TaskError: something does not fit; holds all that was found.
        UserError: the environment cannot be made or looked at.
    """
    if not takes_one_argument(world.make):
        text = "must take one argument: lambda mode: gymnasium.make(..., render_mode=mode)."
        raise TaskError(task.id, [("make", text)])
    try:
        env = world.make(None)
        if not isinstance(env, gymnasium.Env):
            raise TaskError(task.id, [("make", f"gives {env!r}, which is no gymnasium.Env. Return one.")])
        try:
            problems = _problems(env, task, world)
        finally:
            env.close()
    except Exception as error:  # whatever a person's environment raises is for that person to read
        raise fault(error, "when it is made and tried") from error
    if problems:
        raise TaskError(task.id, problems)
    return env


def _problems(env: gymnasium.Env[Any, Any], task: Task, world: GymWorld) -> list[Problem]:
    problems = [*_mode(env), *_actions(env, task), *_observations(env), *_times(env, task)]
    if world.solved is None:
        problems.append(("solved", "is None, so no episode would ever count. Give an entry of info or a function."))
    problems += [(each.field.name, text) for each in world.fields if (text := _judges(each.source, world.solved))]
    return problems + _values(env, task, world)


def _judges(source: Source, solved: Source | None) -> str:
    """What is wrong with a field that is a judgement by its very source, whatever its values are; else empty."""
    if source == solved:
        return "is the same as solved; a reward must not see it. Drop it."
    if isinstance(source, Entry) and source.root == "info" and any(map(_names_a_judgement, source.keys)):
        return f"reads {source}, a judgement of the environment's; a reward must not see it. Drop it."
    return ""


def _names_a_judgement(key: Key) -> bool:
    return isinstance(key, str) and (key in SUCCESS_KEYS or "reward" in key)


def _mode(env: gymnasium.Env[Any, Any]) -> Iterator[Problem]:
    if env.render_mode == "human":
        yield (
            "make",
            'opens a window: asked for render_mode None, it gives "human". Pass its argument on: render_mode=mode.',
        )


def _actions(env: gymnasium.Env[Any, Any], task: Task) -> Iterator[Problem]:
    hindered = hindrance(env.action_space)
    if hindered is not None:
        yield "actions", f"the environment {hindered[0]}. {hindered[1]}"
    if not isinstance(env.action_space, Box):
        return
    size = int(np.prod(env.action_space.shape))
    if size != task.action.size:
        yield (
            "actions",
            f"{task.action.size} are described, but the environment takes {size}. Describe each in one line.",
        )


def _observations(env: gymnasium.Env[Any, Any]) -> Iterator[Problem]:
    if (problem := unfit(env.observation_space)) is not None:
        yield "observation", f"{problem[0]}. {problem[1]}"


def _times(env: gymnasium.Env[Any, Any], task: Task) -> Iterator[Problem]:
    limit = _limit(env)
    steps = task.horizon * task.action_repeat
    if limit is not None and limit <= steps - task.action_repeat:
        yield (
            "horizon",
            f"an episode is declared to last {steps} steps, but the environment stops after {limit}. "
            f"Declare horizon={limit // task.action_repeat}, or make it with max_episode_steps={steps}.",
        )
    dt = getattr(env.unwrapped, "dt", None)
    declared = task.dt / task.action_repeat
    if isinstance(dt, float) and dt > 0 and not _takes_whole_steps(declared, dt):
        yield (
            "dt",
            f"a step is declared to last {declared:g} s, but the environment's lasts {dt:g} s. Declare dt={dt:g}, "
            "or a whole multiple of it where make repeats every action.",
        )


def _limit(env: gymnasium.Env[Any, Any]) -> int | None:
    """The shortest time limit that the environment was made or wrapped with; None where it has none."""
    limits = [env.spec.max_episode_steps] if env.spec and env.spec.max_episode_steps else []
    while isinstance(env, gymnasium.Wrapper):
        limits += [env._max_episode_steps] if isinstance(env, TimeLimit) else []
        env = env.env
    return min(limits, default=None)


def _takes_whole_steps(declared: float, dt: float) -> bool:
    """Whether so many seconds are one step of ``dt`` or several, as where a wrapper repeats every action."""
    return bool(np.isclose(declared, max(1, round(declared / dt)) * dt, rtol=0.01))


def _values(env: gymnasium.Env[Any, Any], task: Task, world: GymWorld) -> list[Problem]:
    try:
        answer = env.reset(seed=0)
    except Exception as error:
        return [("reset", f"raises {told(error)}.")]
    try:
        obs, info = began(answer)
    except SourceFault as fault:
        return [(fault.subject, fault.text)]
    problems = [] if any(_observations(env)) else list(_numbers(env, task, obs))
    problems += [(each.field.name, text) for each in world.fields if (text := _field(each, env, obs, info))]
    return problems + list(_step(env, world, set(info)))


def _numbers(env: gymnasium.Env[Any, Any], task: Task, obs: Any) -> Iterator[Problem]:
    try:
        seen = read_numbers(env.observation_space, obs)
    except SourceFault as fault:
        yield fault.subject, fault.text
        return
    if len(seen) != task.observation_size:
        yield (
            "observation",
            f"observation_size is declared {task.observation_size}, but there are {len(seen)} numbers. "
            f"Declare observation_size={len(seen)}.",
        )
    if not np.isfinite(seen).all():
        yield "observation", "is not finite right after reset. A policy needs numbers: correct the environment's reset."


def _field(each: GymField, env: gymnasium.Env[Any, Any], obs: Any, info: Mapping[str, Any]) -> str:
    """What is wrong with a field right after reset; empty where nothing is."""
    try:
        value = read_field(each, env, obs, info)
    except SourceFault as fault:
        return fault.text
    if not np.isfinite(value).all():
        return f"is not finite right after reset ({value}). A reward needs numbers: correct the environment's reset."
    return ""


def _step(env: gymnasium.Env[Any, Any], world: GymWorld, known_after_reset: set[str]) -> Iterator[Problem]:
    space = env.action_space
    if not isinstance(space, Box):
        return
    try:
        answer = env.step(np.clip(np.zeros(space.shape), space.low, space.high).astype(space.dtype))
    except Exception as error:
        yield "step", f"raises {told(error)} in step 1."
        return
    try:
        obs, _, _, _, info = stepped(answer)
    except SourceFault as fault:
        yield fault.subject, fault.text
        return
    for each in world.fields:
        if isinstance(each.source, Entry) and each.source.root == "info" and each.source.keys:
            key = each.source.keys[0]
            if key in info and key not in known_after_reset:
                yield (
                    each.field.name,
                    f"{key!r} is in info after a step, but a field must be known after reset, too. "
                    "Take it from the observation, or from a function of the environment.",
                )
    if world.solved is not None:
        try:
            read_solved(world.solved, env, obs, info)
        except SourceFault as fault:
            yield fault.subject, fault.text
