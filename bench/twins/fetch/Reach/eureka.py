import torch


def compute_reward(ee_pos: torch.Tensor, ee_vel: torch.Tensor, goal_pos: torch.Tensor):
    near = 1 - torch.tanh(5 * torch.norm(ee_pos - goal_pos, dim=-1))
    calm = -0.05 * torch.norm(ee_vel, dim=-1)
    return near + calm, {"near": near, "calm": calm}
