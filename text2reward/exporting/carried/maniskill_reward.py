"""The reward for ManiSkill 3, batched, on whatever device the simulation runs. It needs reward.py beside it.

Put it before the environment's class, and say what each field is there:

    class MyPush(TextReward, PushCubeEnv):
        def reward_fields(self):
            return {"robot.ee_pos": self.agent.tcp.pose.p, ...}

Quaternions are wxyz, as ManiSkill's are; :data:`FIELDS` and the card list all fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from text2reward.exporting.carried.core import ACTION_SIZE, FIELDS, Terms, as_tensors, compute_terms, read_program

TYPICAL_REWARD = 1.0
"""The largest mean reward of a rollout while the policy of this export was trained."""

_PROGRAM = read_program(Path(__file__).with_name("reward.py"))


class TextReward:
    """To be inherited from, before a subclass of ``mani_skill.envs.sapien_env.BaseEnv``."""

    device: torch.device
    _before: Terms | None = None

    def reward_fields(self) -> Mapping[str, torch.Tensor]:
        """Every field of all parallel environments, ``(num_envs, *shape)``. Yours to complete."""
        raise NotImplementedError(f"reward_fields() has to return {', '.join(FIELDS)}")

    def reset(self, *arguments: Any, **keywords: Any) -> Any:
        """Reset, and remember where the environments start."""
        told = super().reset(*arguments, **keywords)  # type: ignore[misc]
        self._before = self._read()
        return told

    def compute_reward_terms(self, action: Any) -> dict[str, torch.Tensor]:
        """Each term of the step that was just made, ``(num_envs,)``; to be asked once a step."""
        now = self._read()
        before = now if self._before is None else self._before
        if action is None:
            action = torch.zeros(len(next(iter(now.values()))), ACTION_SIZE)
        self._before = now
        return compute_terms(_PROGRAM, now, action, before)

    def compute_dense_reward(self, obs: Any, action: Any, info: Mapping[str, Any]) -> torch.Tensor:
        """The sum of the terms, ``(num_envs,)``."""
        return torch.stack(list(self.compute_reward_terms(action).values())).sum(dim=0)

    def compute_normalized_dense_reward(self, obs: Any, action: Any, info: Mapping[str, Any]) -> torch.Tensor:
        """The same in units of :data:`TYPICAL_REWARD`: about 1 for a policy as good as this export's."""
        return self.compute_dense_reward(obs, action, info) / TYPICAL_REWARD

    def _read(self) -> Terms:
        return {name: value.clone() for name, value in as_tensors(self.reward_fields(), self.device).items()}
