import torch


def compute_reward(state, action, prev):
    distance = torch.linalg.norm(state.robot.ee_pos - state.goal.pos, dim=-1)
    return {"near": 1 - torch.tanh(5 * distance), "calm": -0.05 * torch.linalg.norm(state.robot.ee_vel, dim=-1)}
