from typing import Dict, Tuple

import torch


def compute_reward(
    ee_pos: torch.Tensor, handle_pos: torch.Tensor, goal_pos: torch.Tensor
) -> Tuple[torch.Tensor, Dict[str, torch.Tensor]]:
    device = ee_pos.device
    reach_temp = torch.tensor(0.15, device=device)
    open_temp = torch.tensor(0.1, device=device)

    reach = torch.exp(-torch.norm(ee_pos - handle_pos, dim=-1) / reach_temp)
    opened = torch.exp(-torch.norm(handle_pos - goal_pos, dim=-1) / open_temp)

    reward = 2.0 * reach + 5.0 * opened
    reward_components = {"reach": 2.0 * reach, "open": 5.0 * opened, "mean_opened": opened.mean()}
    return reward, reward_components
