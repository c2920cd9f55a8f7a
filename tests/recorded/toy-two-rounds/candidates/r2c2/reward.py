import torch


def compute_reward(state, action, prev):
    apart = torch.linalg.norm(state.robot.ee_pos - state.goal.pos, dim=-1)
    effort = (action * action).sum(dim=-1)
    return {"near": 2 * torch.exp(-4 * apart), "effort": -0.01 * effort}
