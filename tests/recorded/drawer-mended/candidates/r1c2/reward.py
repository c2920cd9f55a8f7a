import torch


def compute_reward(state, action, prev):
    to_handle = torch.linalg.norm(state.robot.ee_pos - state.handle.pos, dim=-1)
    to_goal = torch.linalg.norm(state.handle.pos - state.goal.pos, dim=-1)
    before = torch.linalg.norm(prev.handle.pos - prev.goal.pos, dim=-1)
    return {"reach": torch.exp(-3 * to_handle), "closer": 40 * (before - to_goal), "shut": 2 * torch.exp(-8 * to_goal)}
