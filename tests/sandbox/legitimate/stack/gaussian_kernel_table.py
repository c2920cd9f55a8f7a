"""Gaussian kernels at two widths, with weights and widths kept in module-level dicts."""
import math

import torch

WEIGHTS = {
    "reach": 0.35,
    "grasp": 0.40,
    "lift": 0.25,
    "align": 0.50,
    "lower": 0.50,
    "release": 1.75,
}
SIGMA = {"coarse": 0.20, "fine": 0.20 / 8, "rest": 1e-2 * math.pi}
LN2 = math.log(2.0)
HEIGHT = 2 * 0.02


def rbf(x, sigma):
    return torch.exp(-0.5 * (x / sigma).pow(2))


def mix(x, share=0.5):
    """Coarse + fine: visible from afar, sharp at the end."""
    return (1 - share) * rbf(x, SIGMA["coarse"]) + share * rbf(x, SIGMA["fine"])


def compute_reward(state, action, prev):
    robot, red, green = state.robot, state.red, state.green

    d_reach = torch.linalg.vector_norm(robot.ee_pos - red.pos, ord=2, dim=-1)
    d_xy = torch.linalg.vector_norm(red.pos[..., :2] - green.pos[..., :2], ord=2, dim=-1)
    gap = red.pos[..., 2] - green.pos[..., 2] - HEIGHT

    held = robot.is_grasping_red.to(torch.float32)
    over = rbf(d_xy, SIGMA["fine"])
    seated = torch.exp2(-(gap / 0.01).square() / LN2) * over
    has = torch.clamp(held + seated, max=1.0)

    raised = torch.clamp((red.pos[..., 2] - 0.02) / 0.06, 0.0, 1.0)
    lifted = torch.maximum(raised, over)
    still = rbf(red.lin_vel.norm(dim=-1), SIGMA["rest"])

    terms = {}
    terms["reach"] = torch.maximum(mix(d_reach), seated)
    terms["grasp"] = has
    terms["lift"] = has * lifted
    terms["align"] = has * lifted * mix(d_xy)
    terms["lower"] = has * over * mix(gap, share=0.7)
    terms["release"] = (1.0 - held) * seated * (0.5 + 0.5 * still)
    return {name: WEIGHTS[name] * value for name, value in terms.items()}
