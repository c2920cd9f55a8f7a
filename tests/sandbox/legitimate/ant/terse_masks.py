"""Terse masks: & | ~ on bools, bool arithmetic, no helpers, no comments."""
import torch


def compute_reward(state, action, prev):
    c, q, p = state.feet.contact, state.joints.vels, state.feet.pos
    vx = state.torso.lin_vel[:, 0]
    up = state.torso.up[:, 2] > 0.5
    fl = ~c[:, 0] & (p[:, 0, 2] > 0.25)
    others = c[:, 1] | c[:, 2] | c[:, 3]
    go = up & (vx > 0.1)
    return {
        "go": vx.clamp(-1, 1) * up,
        "up": 0.4 * (fl & go & others).float(),
        "wave": (fl & go) * q[:, :2].abs().mean(-1).clamp(max=4.0) / 4.0,
        "flip": -0.5 * (~up).float(),
    }
