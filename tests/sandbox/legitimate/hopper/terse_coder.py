"""Terse: aliases, one-letter names, dict() with keywords, no comments."""
import torch


def compute_reward(state, action, prev):
    t, f = state.torso, state.foot
    v, z, u = t.lin_vel[:, 0], t.pos[:, 2], t.up[:, 2]
    ok = ((z > 0.7) & (u > 0.6)).float()
    return dict(
        run=ok * v.clamp(-1, 5) * 0.5,
        fall=ok - 1,
        air=0.2 * ok * (~f.is_touching) * v.clamp(0, 2),
        ctrl=-1e-2 * action.square().sum(-1).clamp(max=3.0),
    )
