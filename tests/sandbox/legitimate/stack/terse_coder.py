"""Terse coder model: short names, no comments, no helpers."""
import torch


def compute_reward(state, action, prev):
    e, r, g = state.robot.ee_pos, state.red.pos, state.green.pos
    h = state.robot.is_grasping_red.float()
    d = (e - r).norm(dim=-1)
    t = g - r
    xy = t[:, :2].norm(dim=-1)
    z = (t[:, 2] + 0.04).abs()
    on = (xy < 0.02).float() * (z < 0.01).float()
    near = 1 - torch.tanh(4 * (xy + z))
    free = (1 - h) * on
    return {
        "reach": 0.4 * (1 - torch.tanh(5 * d)),
        "grasp": 0.4 * torch.max(h, on),
        "place": 1.0 * near * torch.max(h, on),
        "release": 1.5 * free,
    }
