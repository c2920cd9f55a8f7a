"""ManiSkill 2's LiftCube, which ManiSkill 3 does not have, on the scene of PickCube.

Goal, success and reward are those of ``LiftCubeEnv`` in ManiSkill 2's ``pick_and_place/pick_cube.py``.
"""

from __future__ import annotations

from typing import Any

import torch
from mani_skill.envs.tasks.tabletop.pick_cube import PickCubeEnv
from mani_skill.utils.registration import register_env
from mani_skill.utils.structs.pose import Pose

UID = "Text2RewardLiftCube-v1"


@register_env(UID, max_episode_steps=50)
class LiftCubeEnv(PickCubeEnv):  # type: ignore[misc]
    """Lift the cube by 0.2 m and hold still."""

    goal_height = 0.2

    def _initialize_episode(self, env_idx: torch.Tensor, options: dict[str, Any]) -> None:
        super()._initialize_episode(env_idx, options)
        above = self.cube.pose.p[env_idx].clone()
        above[:, 2] += self.goal_height
        self.goal_site.set_pose(Pose.create_from_pq(above))

    def evaluate(self) -> dict[str, torch.Tensor]:
        """Success, and what it is made of."""
        is_lifted = self.cube.pose.p[:, 2] >= self.goal_height + self.cube_half_size
        is_robot_static = self.agent.is_static(0.2)
        return {
            "success": is_lifted & is_robot_static,
            "is_lifted": is_lifted,
            "is_robot_static": is_robot_static,
            "is_grasped": self.agent.is_grasping(self.cube),
        }

    def compute_dense_reward(self, obs: Any, action: torch.Tensor, info: dict[str, torch.Tensor]) -> torch.Tensor:
        """Reach, grasp, lift; 2.25 where the task is solved."""
        distance = torch.linalg.norm(self.cube.pose.p - self.agent.tcp_pose.p, dim=1)
        lifted = ((self.cube.pose.p[:, 2] - self.cube_half_size) / self.goal_height).clamp(max=1.0)
        reward: torch.Tensor = 1 - torch.tanh(5 * distance) + info["is_grasped"] * (0.25 + lifted)
        reward[info["success"]] = 2.25
        return reward

    def compute_normalized_dense_reward(
        self, obs: Any, action: torch.Tensor, info: dict[str, torch.Tensor]
    ) -> torch.Tensor:
        """The same with 1 where the task is solved."""
        return self.compute_dense_reward(obs, action, info) / 2.25
