"""The reward as a Gymnasium wrapper, for any environment that has the fields. It needs reward.py beside it.

With the environment that it was found in, which tells the fields in its ``info``:

    from reward_wrapper import RewardWrapper
    from world import make

    env = RewardWrapper(make())

With another one, ``fields`` says what each field is there, see :data:`FIELDS` and the card:

    def fields(env, observation, info):
        return {"robot.ee_pos": observation[0:3], ...}

    env = RewardWrapper(my_env, fields)
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch

from text2reward.exporting.carried.core import ACTION_SIZE, FIELDS, Terms, as_tensors, compute_terms, read_program

Fields = Callable[[gymnasium.Env[Any, Any], Any, Mapping[str, Any]], Mapping[str, Any]]
"""From an environment, its observation and its ``info`` to the value of each field, of that one environment."""


class RewardWrapper(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Replaces the environment's reward by the program's.

    ``info["reward_terms"]`` has each term, ``info["original_reward"]`` the environment's own reward.

    Args:
        env: any environment, not a vector of them.
        fields: how the fields are read; ``info["fields"]`` unless given.

    Raises:
        TypeError: it is no single environment.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], fields: Fields | None = None) -> None:
        if not isinstance(env, gymnasium.Env):
            raise TypeError(f"a single Gymnasium environment can be wrapped, not {type(env).__name__}; wrap each one")
        super().__init__(env)
        self._fields = fields
        self._program = read_program(Path(__file__).with_name("reward.py"))
        self._state: Terms = {}

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Reset the environment and remember where it starts.

        Raises:
            ValueError: the fields cannot be read from it, or one has another shape.
            KeyError: a field is missing.
        """
        observation, info = self.env.reset(seed=seed, options=options)
        self._state = self._read(observation, info)
        return observation, info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Step the environment and compute the program's reward.

        Raises:
            ValueError: the program fails on this step; or as :meth:`reset`.
            KeyError: as :meth:`reset`.
        """
        observation, original, terminated, truncated, info = self.env.step(action)
        state = self._read(observation, info)
        try:
            terms = compute_terms(self._program, state, np.asarray(action)[None], self._state)
        except Exception as error:  # whatever a program raises
            raise ValueError(
                f"reward.py fails on a step of {self.env}: {type(error).__name__}: {error}. It was written for actions "
                f"of {ACTION_SIZE} numbers; those here are {self.action_space}."
            ) from error
        self._state = state
        told = {name: float(value) for name, value in terms.items()}
        told_info = {**info, "reward_terms": told, "original_reward": float(original)}
        return observation, sum(told.values()), terminated, truncated, told_info

    def _read(self, observation: Any, info: Mapping[str, Any]) -> Terms:
        if self._fields is None and "fields" not in info:
            raise ValueError(
                f'{self.env} tells no fields in its info["fields"], as that of world.make() does. Use '
                f"RewardWrapper(env, fields), where fields(env, observation, info) returns {', '.join(FIELDS)}."
            )
        try:
            values = self._fields(self.env, observation, info) if self._fields else info["fields"]
            rows = {name: torch.as_tensor(np.asarray(value))[None] for name, value in values.items()}
        except Exception as error:  # it depends on what the environment is
            said = inspect.getdoc(self._fields) if self._fields else None
            wanted = (said or "").partition("\n")[0] or f"It returns {', '.join(FIELDS)}."
            raise ValueError(
                f"the fields cannot be read from {self.env}, whose observations are {self.observation_space}: "
                f"{type(error).__name__}: {error}. What fields(env, observation, info) expects: {wanted}"
            ) from error
        return as_tensors(rows)
