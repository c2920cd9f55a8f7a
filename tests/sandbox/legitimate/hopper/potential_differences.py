"""Potential-based shaping: one helper evaluated on state and prev, clamped differences, built key by key."""
import torch

GAMMA = 0.99
DT = 0.02


def _phi(s):
    """Potential of a posture: high and upright, in [0, 1]."""
    height = torch.clamp((s.torso.pos[:, 2] - 0.4) / 0.8, 0.0, 1.0)
    upright = torch.clamp(s.torso.up[:, 2], 0.0, 1.0)
    return height * upright


def compute_reward(state, action, prev):
    terms = {}

    # metres gained by torso and by foot in this step
    dx_torso = state.torso.pos[:, 0] - prev.torso.pos[:, 0]
    dx_foot = state.foot.pos[:, 0] - prev.foot.pos[:, 0]

    progress = torch.clamp(dx_torso / DT, -2.0, 5.0) / 5.0
    terms["progress"] = 2.0 * progress

    terms["foot_progress"] = 0.3 * torch.clamp(dx_foot / DT, -2.0, 5.0) / 5.0

    phi_now, phi_before = _phi(state), _phi(prev)
    terms["posture_shaping"] = (GAMMA * phi_now - phi_before).clamp(-0.5, 0.5)

    # speeding up is good, but only a little, and slowing down costs as much
    dv = state.torso.lin_vel[:, 0] - prev.torso.lin_vel[:, 0]
    terms["acceleration"] = 0.1 * torch.tanh(dv)

    fell_now = (phi_now < 0.2) & (phi_before >= 0.2)
    terms["fell"] = -1.0 * fell_now.float()

    return terms
