"""Weight table, lambdas as kernels, dict comprehension over WEIGHTS.items(), state aliases s and p."""
import math

import torch

WEIGHTS = {"reach": 0.5, "pull": 2.0, "gain": 0.5, "finish": 1.5}
SHARPNESS = {"reach": 5, "pull": 8}

kernel = lambda d, k: 2.0 / (1.0 + torch.exp(k * d.clamp(max=5.0)))   # 1 at d = 0, → 0 far away
dist = lambda a, b: torch.sqrt(torch.sum((a - b) ** 2, dim=-1) + 1e-12)


def compute_reward(state, action, prev):
    s, p = state, prev
    ee, tip_shift = s.robot.ee_pos, torch.zeros(3, device=s.robot.ee_pos.device)
    tip_shift[-1] = -0.045
    tip = ee + tip_shift

    d_reach = dist(tip, s.handle.pos)
    d_open, d_open_before = (dist(x.handle.pos, x.goal.pos) for x in (s, p))

    raw = {
        "reach": kernel(d_reach, SHARPNESS["reach"]),
        "pull": kernel(d_open, SHARPNESS["pull"]),
        "gain": 2.0 / math.pi * torch.atan((d_open_before - d_open) / 0.005),
        "finish": torch.where(d_open < 0.03, 1.0, 0.0),
    }
    return {name: WEIGHTS[name] * value for name, value in raw.items()}
