"""Index lists per leg (named constants), fancy indexing with lists, helper functions with defaults."""
import torch

FL, FR, BL, BR = range(4)
HIPS = [0, 2, 4, 6]
ANKLES = [1, 3, 5, 7]
WALKING_LEGS = [FR, BL, BR]
LEG_DOFS = {FL: [0, 1], FR: [2, 3], BL: [4, 5], BR: [6, 7]}
WALKING_DOFS = sum((LEG_DOFS[leg] for leg in WALKING_LEGS), [])


def ramp(x: torch.Tensor, lo: float = 0.0, hi: float = 1.0) -> torch.Tensor:
    """0 at lo, 1 at hi, linear between."""
    return torch.clamp((x - lo) / (hi - lo), 0.0, 1.0)


def mean_height(feet: torch.Tensor, legs=WALKING_LEGS) -> torch.Tensor:
    return feet[:, legs, 2].mean(dim=-1)


def compute_reward(state, action, prev):
    feet = state.feet.pos
    support = state.feet.contact[:, WALKING_LEGS].float().mean(dim=-1)
    above = feet[:, FL, 2] - mean_height(feet)

    walk = ramp(state.torso.lin_vel[:, 0], 0.0, 0.8)
    lift = ramp(above, 0.05, 0.4)
    fl_speed = state.joints.vels[:, LEG_DOFS[FL]].abs().max(dim=-1).values
    wave = ramp(fl_speed, 0.5, 4.0)
    upright = ramp(state.torso.up[:, 2], 0.2, 0.8)

    hips_busy = state.joints.vels[:, HIPS][:, 1:].abs().mean(-1)
    ankles_far = (state.joints.angles[:, ANKLES] - prev.joints.angles[:, ANKLES]).abs().amax(dim=-1)

    return {
        "walk": walk * upright,
        "lift": 0.5 * lift * walk * upright,
        "wave": 1.0 * wave * lift * walk * upright,
        "support": 0.1 * support * walk,
        "gait": 0.1 * torch.tanh(hips_busy / 3.0) * walk,
        "jerk": -0.1 * ramp(ankles_far, 0.3, 1.0),
        "effort": -0.01 * action[:, WALKING_DOFS].square().mean(dim=-1),
    }
