"""Lambdas and logistic gates multiplied together, math.log-derived slopes at module level."""
import math
import torch

# slope so that the gate goes from 0.05 to 0.95 within a width of 1
K = 2 * math.log(0.95 / 0.05)

gate = lambda x, centre, width: torch.sigmoid(K * (x - centre) / width)
band = lambda x, lo, hi, width=0.1: gate(x, lo, width) * (1.0 - gate(x, hi, width))


def compute_reward(state, action, prev):
    z = state.torso.pos[..., 2]
    vx = state.torso.lin_vel[..., 0]
    tilt = torch.acos(state.torso.up[..., 2].clamp(-1 + 1e-6, 1 - 1e-6))

    alive_gate = band(z, 0.75, 1.9, width=0.2) * (1 - gate(tilt, math.radians(40), math.radians(20)))

    stages = (0.5, 1.5, 3.0)  # m/s
    speed = sum(gate(vx, s, 1.0) for s in stages) / len(stages)
    linear = torch.clip(vx, 0.0, stages[-1]) / stages[-1]

    return {
        "speed_stages": alive_gate * speed,
        "speed_linear": alive_gate * linear,
        "backward": -0.5 * gate(-vx, 0.5, 0.5),
    }
