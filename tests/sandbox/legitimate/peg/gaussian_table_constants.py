"""Gaussian kernels from a constant table of (weight, sigma) pairs, looked up by name; math-derived constants."""
import math

import torch

SIGMAS = (0.30, 0.10, 0.03)
FWHM = 2.0 * math.sqrt(2.0 * math.log(2.0))
TABLE = {
    "reach": (0.3, 0.15),
    "tilt": (0.4, math.pi / 4),
    "side": (0.5, 0.5 / FWHM),
    "depth": (1.8, 0.3 / FWHM),
}
GRASP_WEIGHT = 1 / 3


def bell(name, err):
    weight, sigma = TABLE[name]
    return weight * torch.exp(-(err ** 2) / (2 * sigma ** 2))


def ladder(err):
    """Mean of three bells: one for each of the length scales."""
    return sum(torch.exp(-0.5 * (err / s) ** 2) for s in SIGMAS) / len(SIGMAS)


def x_axis(q):
    w, v = q[..., 0:1], q[..., 1:4]
    e = torch.zeros_like(v)
    e[..., 0] = 1.0
    return (w * w - (v * v).sum(-1, keepdim=True)) * e + 2 * v * v[..., 0:1] + 2 * w * torch.cross(v, e, dim=-1)


def compute_reward(state, action, prev):
    p = x_axis(state.peg.quat)
    h = x_axis(state.hole.quat)
    head = state.peg.pos + p * state.peg.half_length.view(-1, 1)

    delta = head - state.hole.pos
    depth = torch.einsum("...i,...i->...", delta, h)
    side = torch.linalg.norm(torch.cross(delta, h, dim=-1), dim=-1)
    tilt = torch.atan2(torch.linalg.norm(torch.cross(p, h, dim=-1), dim=-1), (p * h).sum(-1))
    reach = torch.linalg.norm(state.robot.ee_pos - state.peg.pos, dim=-1)

    g = state.robot.is_grasping_peg.to(depth.dtype)
    lined = ladder(side) * torch.exp(-tilt.square())
    short = torch.relu(0.05 - depth)
    return {
        "reach": bell("reach", reach),
        "grasp": GRASP_WEIGHT * g,
        "tilt": g * bell("tilt", tilt),
        "side": g * bell("side", side),
        "depth": g * lined * bell("depth", short),
    }
