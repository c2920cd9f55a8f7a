import torch


def compute_reward(state, action, prev):
    to_handle = torch.linalg.norm(state.robot.ee_pos - state.handle.pos, dim=-1)
    left = torch.linalg.norm(state.handle.pos - state.goal.pos, dim=-1)
    return {
        "reach": 2 * torch.exp(-to_handle / 0.15),
        "open": 5 * torch.exp(-left / 0.1),
    }
