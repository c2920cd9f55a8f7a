import torch


def compute_reward(state, action, prev):
    ahead = state.torso.lin_vel[:, 0].clamp(-1.0, 2.0)
    high = (state.torso.pos[:, 2] > 0.8) & (state.torso.pitch.abs() < 0.8)
    return {
        "ahead": ahead,
        "upright": torch.where(high, torch.ones_like(ahead), torch.zeros_like(ahead)),
        "effort": -0.02 * (action**2).sum(dim=-1),
        "still_joints": -0.01 * (state.thigh_joint.vel.abs() + state.leg_joint.vel.abs()).clamp(max=10.0),
    }
