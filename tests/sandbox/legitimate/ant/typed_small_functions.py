"""Many tiny pure functions, each term its own typed function of (state, prev), registered in a tuple table."""
import torch

Tensor = torch.Tensor

SPEED_GOAL = 1.0
CLEARANCE = 0.35
WAVE_RATE = 3.0


def unit(x: Tensor) -> Tensor:
    return torch.clamp(x, 0.0, 1.0)


def walking(s, p) -> Tensor:
    return unit(s.torso.lin_vel.select(-1, 0) / SPEED_GOAL)


def retreating(s, p) -> Tensor:
    return unit(-s.torso.lin_vel.select(-1, 0))


def upright(s, p) -> Tensor:
    return unit(s.torso.up.narrow(-1, 2, 1).squeeze(-1))


def raised(s, p) -> Tensor:
    z = s.feet.pos[..., 0, 2]
    return unit(z / CLEARANCE) * torch.logical_not(s.feet.contact[..., 0])


def waving(s, p) -> Tensor:
    both = torch.stack((s.joints.vels[..., 0], p.joints.vels[..., 0]), dim=-1)
    return unit(both.abs().mean(dim=-1) / WAVE_RATE)


TABLE = (
    # name, weight, factors that are multiplied
    ("walk", 1.0, (walking, upright)),
    ("walk_raised", 0.6, (walking, upright, raised)),
    ("walk_raised_wave", 1.2, (walking, upright, raised, waving)),
    ("retreat", -0.5, (retreating,)),
)


def compute_reward(state, action: Tensor, prev) -> dict:
    out = {}
    for name, weight, factors in TABLE:
        term = torch.full_like(action[:, 0], weight)
        for factor in factors:
            term = term * factor(state, prev)
        out[name] = term
    return out
