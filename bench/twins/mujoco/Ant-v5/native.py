import torch


def compute_reward(state, action, prev):
    ahead = state.torso.lin_vel[:, 0].clamp(-1.0, 2.0)
    aside = state.torso.lin_vel[:, 1].abs().clamp(max=1.0)
    joints = torch.stack([state.front_left_hip.vel, state.back_right_ankle.vel], dim=-1)
    return {
        "ahead": 2 * ahead,
        "aside": -0.5 * aside,
        "high": torch.where(state.torso.pos[:, 2] > 0.3, 0.5, 0.0),
        "turning": -0.05 * state.torso.ang_vel[:, 2].abs().clamp(max=5.0),
        "smooth": -0.001 * (joints**2).sum(dim=-1).clamp(max=100.0),
        "effort": -0.05 * (action**2).mean(dim=-1),
    }
