"""Reach."""
import torch


def compute_reward(state, action, prev):
    distance = torch.linalg.norm(state.robot.eepos - state.goal.pos, dim=-1)
    before = torch.linalg.norm(prev.robot.eepos - prev.goal.pos, dim=-1)
    return {"near": 1 - torch.tanh(2 * distance), "nearer": 5 * (before - distance)}
