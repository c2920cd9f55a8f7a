"""Multi-scale Gaussian kernels, looped over literal tuples, with f-string term names."""
import torch

SCALES = (
    # (sigma in m, reach weight, open weight)
    (0.30, 0.20, 0.60),
    (0.10, 0.20, 0.60),
    (0.03, 0.20, 0.80),
)


def gauss(d2, sigma):
    return torch.exp(-0.5 * d2 / sigma ** 2)


def sq(v):
    return (v * v).sum(dim=-1)


def compute_reward(state, action, prev):
    offset = torch.zeros_like(state.robot.ee_pos)
    offset[:, 2] = 0.045
    finger = state.robot.ee_pos - offset

    d2_reach = sq(finger - state.handle.pos)
    d2_open = sq(state.handle.pos - state.goal.pos)

    terms = {}
    for sigma, w_r, w_o in SCALES:
        mm = int(round(sigma * 1000))
        terms[f"reach_{mm}mm"] = w_r * gauss(d2_reach, sigma)
        terms[f"open_{mm}mm"] = w_o * gauss(d2_open, sigma)

    for radius, bonus in [(0.05, 0.25), (0.03, 0.5)]:
        terms["bonus_%d" % int(radius * 100)] = bonus * (d2_open < radius * radius).float()
    return terms
