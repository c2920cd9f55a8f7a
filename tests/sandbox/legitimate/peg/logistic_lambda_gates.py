"""Lambdas and logistic gates, zip over names/weights/values, dict() of pairs."""
import torch

NAMES = ("approach", "hold", "point", "centre", "push")
WEIGHTS = (0.25, 0.35, 0.4, 0.6, 1.6)

gate = lambda x, at, soft: torch.sigmoid((at - x) / soft)
dot = lambda a, b: (a * b).sum(dim=-1)
score = lambda d, s=0.15: s / (s + d)


def forward(q):
    """The x axis of the frame with orientation q = (w, x, y, z)."""
    w, x, y, z = (q[:, i] for i in range(4))
    return torch.stack((w * w + x * x - y * y - z * z, 2 * (x * y + w * z), 2 * (x * z - w * y)), -1)


def compute_reward(state, action, prev):
    a, n = forward(state.peg.quat), forward(state.hole.quat)
    tip = state.peg.pos + a * state.peg.half_length.unsqueeze(1)
    rel = tip - state.hole.pos
    t = dot(rel, n)
    off_axis = (rel - t.unsqueeze(1) * n).norm(dim=-1)
    cosine = dot(a, n)

    held = state.robot.is_grasping_peg.float()
    pointed = gate(1 - cosine, at=0.02, soft=0.01)
    centred = gate(off_axis, at=0.015, soft=0.005)

    # before the entrance the tip should wait 5 cm outside until it is in line
    wait = score((t + 0.05).abs())
    push = score(torch.clamp(0.05 - t, min=0.0, max=1.0))
    both = pointed * centred
    blended = both * push + (1 - both) * 0.2 * wait

    values = [
        score((state.robot.ee_pos - state.peg.pos).norm(dim=-1)),
        held,
        held * 0.5 * (1 + cosine.clamp(-1, 1)),
        held * score(off_axis),
        held * blended,
    ]
    return dict((k, w * v) for k, w, v in zip(NAMES, WEIGHTS, values))
