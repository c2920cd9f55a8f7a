from typing import Dict, Tuple

import torch
from torch import Tensor


@torch.jit.script
def compute_reward(
    robot_ee_pos: Tensor, handle_pos: Tensor, goal_pos: Tensor, actions: Tensor
) -> Tuple[Tensor, Dict[str, Tensor]]:
    handle_temp: float = 5.0
    goal_temp: float = 10.0

    to_handle = torch.norm(robot_ee_pos - handle_pos, p=2, dim=-1)
    to_goal = torch.norm(handle_pos - goal_pos, p=2, dim=-1)

    reach_reward = 1 - torch.tanh(handle_temp * to_handle)
    close_reward = torch.where(to_handle < 0.08, 3 * (1 - torch.tanh(goal_temp * to_goal)), torch.zeros_like(to_goal))
    effort = -0.01 * torch.sum(actions**2, dim=-1)

    total_reward = reach_reward + close_reward + effort
    return total_reward, {"reach_reward": reach_reward, "close_reward": close_reward, "effort": effort}
