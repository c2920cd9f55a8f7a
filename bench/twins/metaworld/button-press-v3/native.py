import torch


def compute_reward(state, action, prev):
    to_button = torch.linalg.norm(state.robot.ee_pos - state.button.pos, dim=-1)
    depth = torch.abs(state.button.pos[:, 1] - state.goal.pos[:, 1])
    before = torch.abs(prev.button.pos[:, 1] - state.goal.pos[:, 1])
    return {
        "reach": -to_button,
        "closed": 0.2 * (1 - state.robot.gripper_openness),
        "press": 2 * (1 - torch.tanh(15 * depth)),
        "progress": 5 * (before - depth),
    }
