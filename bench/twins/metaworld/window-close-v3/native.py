import torch


def compute_reward(state, action, prev):
    to_handle = torch.linalg.norm(state.robot.ee_pos - state.handle.pos, dim=-1)
    to_goal = torch.linalg.norm(state.handle.pos - state.goal.pos, dim=-1)
    near = to_handle < 0.08
    return {
        "reach": 1 - torch.tanh(5 * to_handle),
        "close": torch.where(near, 3 * (1 - torch.tanh(10 * to_goal)), torch.zeros_like(to_goal)),
        "effort": -0.01 * (action**2).sum(dim=-1),
    }
