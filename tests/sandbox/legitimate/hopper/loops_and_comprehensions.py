"""Loops over literal tuples, zip / enumerate, dict comprehension with f-string keys, dict merging with **."""
import torch
import math

JOINT_NAMES = ("thigh", "leg", "foot")
JOINT_RANGES = ((-150, 0), (-150, 0), (-45, 45))  # degrees
SPEED_MILESTONES = [(0.5, 0.3), (1.0, 0.3), (2.0, 0.4), (3.0, 0.5)]  # (m/s, pay)


def joint_penalties(angles):
    out = {}
    for name, angle, (lo_deg, hi_deg) in zip(JOINT_NAMES, angles, JOINT_RANGES):
        lo, hi = math.radians(lo_deg), math.radians(hi_deg)
        mid, half = (lo + hi) / 2.0, (hi - lo) / 2.0
        frac = torch.abs(angle - mid) / half          # 0 in the middle, 1 at a limit
        out[f"limit_{name}"] = -0.05 * torch.clamp((frac - 0.95) / 0.05, 0.0, 1.0)
    return out


def compute_reward(state, action, prev):
    vx = state.torso.lin_vel[:, 0]
    upright = torch.relu(state.torso.up[:, 2])
    tall = torch.clamp(state.torso.pos[:, 2], 0.0, 1.0)

    milestones = torch.zeros_like(vx)
    for i, (speed, pay) in enumerate(SPEED_MILESTONES):
        previous = SPEED_MILESTONES[i - 1][0] if i > 0 else 0.0
        milestones = milestones + pay * ((vx - previous) / (speed - previous)).clamp(0.0, 1.0)

    effort = {
        f"effort_{name}": -0.01 * action[:, k] ** 2
        for k, name in enumerate(JOINT_NAMES)
    }
    main = {
        "milestones": milestones * upright * tall,
        "spin": -0.1 * torch.tanh(state.torso.ang_vel[:, 1].abs() / 5.0),
    }
    return {**main, **joint_penalties((state.thigh.angle, state.leg.angle, state.foot.angle)), **effort}
