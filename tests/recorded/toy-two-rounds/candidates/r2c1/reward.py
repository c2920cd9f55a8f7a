"""Reach."""
import torch


def compute_reward(state, action, prev):
    distance = torch.linalg.norm(state.robot.ee_pos - state.goal.pos, dim=-1)
    before = torch.linalg.norm(prev.robot.ee_pos - prev.goal.pos, dim=-1)
    return {"near": 1 - torch.tanh(2 * distance), "nearer": 5 * (before - distance)}
