"""The text of a module that declares a task, for a person to finish."""

from __future__ import annotations

import json
from collections.abc import Iterator

from text2reward.envs.gym.guess import Guess, GuessedField, guess

_EXAMPLE = Guess(
    fields=(
        GuessedField("robot.ee_pos", "obs[0:3]", "m", "TODO: what it is"),
        GuessedField("robot.speed", 'info["speed"]', "m/s", "TODO: what it is"),
        GuessedField("goal.pos", "lambda env, obs, info: env.unwrapped.goal", "m", "TODO: what it is", (3,)),
    ),
    actions=("TODO: what the first entry does, and over what range",),
    observation_size=1,
    horizon=None,
    dt=None,
    success_key="",
)

_MODULE = '''\
"""A task of your own. Finish what says TODO, then try:

    text2reward envs check {name}:TASK
    text2reward run --env {name}:TASK --model composer
"""

import gymnasium
import numpy as np

from text2reward.envs import gym_field, gym_task{imports}

TASK = gym_task(
    id="mine/{name}",
    instruction="TODO: what the robot shall do, in a sentence.",
    # Makes one environment; mode is None, or "rgb_array" for the one that is drawn.
    make=lambda mode: {make},
    # What a reward program may read: name (group.leaf), source, SI unit, what it is. A source is a part of the
    # observation (obs[0:3], obs["key"]), an entry of info (info["key"]), or a function of env, obs and info.
    # Add varies="reset" to what changes between episodes only, varies="never" to what is always the same, and
    # shape=(3,) where a key or a function gives more than one number. No field may tell success or reward.
    # Quaternions are wxyz and named so: arm.quat, robot.ee_quat.
    # The composer looks for robot.ee_pos (the hand), goal.pos, and the position of a thing that moves: three numbers
    # in m each.
    fields=[
{fields}
    ],
    # What each entry of the action does. The policy's range is -1 to 1, whatever the environment's is.
    actions=[
{actions}
    ],
    observation_size={observation_size},{observation_note}
    horizon={horizon},  # steps in an episode{horizon_note}
    dt={dt},  # seconds in a step{dt_note}
    # Whether the task is solved after a step: info["key"], or a function of env, obs and info, for example
    # lambda env, obs, info: np.linalg.norm(obs[0:3] - obs[3:6]) < 0.05
    solved={solved},{solved_note}
    success="TODO: when the task counts as solved, for people.",
    robot="TODO: what the robot is and how it is moved.",
    scene="TODO: what else there is, and which way the axes point.",
)
'''


def module_text(name: str, gym_id: str | None) -> str:
    """A module ``name`` that loads as it is.

    Args:
        gym_id: of the environment to look into; None for one that is still to be named.

    Raises:
        UserError: the environment cannot be made or is none to train in; says why.
    """
    known = guess(gym_id) if gym_id else _EXAMPLE
    sources = " ".join(str(field.source) for field in known.fields)
    imports = ["info"] if "info[" in sources or known.success_key else []
    imports += ["obs"] if "obs" in sources else []
    return _MODULE.format(
        name=name,
        make=known.make,
        imports="".join(f", {each}" for each in imports),
        fields="\n".join(_field_lines(known.fields)),
        actions="\n".join(f"        {_text(entry)}," for entry in known.actions),
        observation_size=known.observation_size,
        observation_note="" if gym_id else "  # TODO: how many numbers the observation has",
        horizon=known.horizon or 100,
        horizon_note="" if known.horizon else "; TODO",
        dt=known.dt or 0.05,
        dt_note=_dt_note(known),
        solved=f"info[{_text(known.success_key)}]" if known.success_key else "None",
        solved_note="" if known.success_key else "  # TODO",
    )


def _dt_note(known: Guess) -> str:
    if known.dt is None:
        return "; TODO"
    return "; TODO: this is the rate of its videos" if known.dt_guessed else ""


def _field_lines(fields: tuple[GuessedField, ...]) -> Iterator[str]:
    for each in fields:
        shape = f", shape={each.shape}" if each.shape else ""
        line = f"gym_field({_text(each.name)}, {each.source}, {_text(each.unit)}, {_text(each.doc)}{shape}),"
        yield f"        {line}" + (f"  # {each.note}" if each.note else "")


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
