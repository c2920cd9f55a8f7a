"""A Gymnasium environment as the policy was trained and judged in: one step is one control step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gymnasium
import numpy as np

Look = Callable[[Any, Any, Mapping[str, Any]], Any]
"""From the bare environment, its observation and its ``info`` to something."""


def unpack(task: Mapping[str, Any], packed: Any) -> dict[str, Any]:
    """Each field of ``(N, D)`` packed states, an array or a tensor, as a part of it ``(N, *shape)``."""
    fields, at = {}, 0
    for field in task["fields"]:
        size = int(np.prod(field["shape"]))
        block = packed[:, at : at + size].reshape(len(packed), *field["shape"])
        fields[field["name"]] = block > 0.5 if field["dtype"] == "bool" else block
        at += size
    return fields


class ControlStep(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Observations are the policy's input, ``info["fields"]`` has the fields, ``info["success"]`` whether it is solved.

    An episode ends after ``horizon`` control steps and not before: a bare environment that ends it of its own accord
    stands still until then.

    Args:
        env: the bare environment, without a time limit.
        task: what task.json says.
        observed: the policy's ``(O,)`` input.
        state: the packed ``(D,)`` state.
        solved: whether the task is solved after a simulator step; None where ``happened`` decides.
        to_action: from the policy's action to the bare environment's.
        happened: decides from a whole episode: field -> values over time, ``(T + 1, ...)``, the start first.
    """

    def __init__(
        self,
        env: gymnasium.Env[Any, Any],
        task: Mapping[str, Any],
        observed: Look,
        state: Look,
        solved: Look | None,
        to_action: Callable[[np.ndarray], Any] = np.asarray,
        happened: Callable[[Mapping[str, np.ndarray]], bool] | None = None,
    ) -> None:
        super().__init__(env)
        self._task, self._observed, self._state, self._solved = task, observed, state, solved
        self._to_action, self._happened = to_action, happened
        action, size = task["action"], task["observation_size"]
        self.action_space = gymnasium.spaces.Box(action["low"], action["high"], (len(action["entries"]),), np.float32)
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (size,), np.float32)
        self._seen = np.zeros(size, np.float32)
        self._states: list[np.ndarray] = []
        self._over = self._is_solved = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start an episode; the same seed gives the same one."""
        observation, info = self.env.reset(seed=seed, options=options)
        self._over = self._is_solved = False
        self._states = []
        self._look(observation, info)
        return self._seen, {"success": False, "fields": self._fields()}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """One control step; the reward is the environment's own, mean over its simulator steps."""
        success, reward = self._is_solved and self._over, 0.0
        if self._over:
            self._states.append(self._states[-1])
        else:
            for _ in range(self._task["action_repeat"]):
                observation, own, terminated, cut, info = self.env.step(self._to_action(action))
                reward += float(own) / self._task["action_repeat"]
                self._is_solved = self._solved is not None and bool(self._solved(self.env, observation, info))
                success |= self._is_solved
                self._over = bool(terminated or cut)
                if self._over:
                    break
            self._look(observation, info)
        truncated = len(self._states) > self._task["horizon"]
        if self._happened is not None:
            success = truncated and bool(self._happened(unpack(self._task, np.stack(self._states))))
        return self._seen, reward, False, truncated, {"success": success, "fields": self._fields()}

    def _look(self, observation: Any, info: Mapping[str, Any]) -> None:
        self._seen = np.asarray(self._observed(self.env, observation, info), np.float32)
        self._states.append(np.asarray(self._state(self.env, observation, info), np.float32))

    def _fields(self) -> dict[str, np.ndarray]:
        return {name: value[0].copy() for name, value in unpack(self._task, self._states[-1][None]).items()}
