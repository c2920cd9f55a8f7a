import torch


def compute_reward(state, action, prev):
    to_handle = torch.linalg.norm(state.robot.eepos - state.handle.pos, dim=-1)
    to_goal = torch.linalg.norm(state.handle.pos - state.goal.pos, dim=-1)
    return {"reach": 1 - torch.tanh(5 * to_handle), "close": 3 * (1 - torch.tanh(10 * to_goal))}
