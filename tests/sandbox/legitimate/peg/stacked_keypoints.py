"""Key points along the peg, torch.stack over alternatives with min/max/all reductions, symmetric progress."""
import torch

FRACTIONS = (-1.0, -0.5, 0.0, 0.5, 1.0)
GRASP_FRACTIONS = [-0.8, -0.6, -0.4]


def conj(q):
    return torch.cat([q[:, 0:1], q[:, 1:] * -1.0], dim=-1)


def apply(q, v):
    u = q[:, 1:]
    return (
        2.0 * (u * v).sum(dim=-1, keepdim=True) * u
        + (q[:, :1] ** 2 - (u * u).sum(dim=-1, keepdim=True)) * v
        + 2.0 * q[:, :1] * torch.cross(u, v, dim=-1)
    )


def keypoints(s):
    """Points along the peg in the hole's frame, (B, K, 3)."""
    x = torch.zeros_like(s.peg.pos)
    x[:, 0] = 1.0
    axis = apply(s.peg.quat, x)
    pts = [
        apply(conj(s.hole.quat), s.peg.pos + f * s.peg.half_length[:, None] * axis - s.hole.pos)
        for f in FRACTIONS
    ]
    return torch.stack(pts, dim=1)


def misfit(s):
    """Mean distance of the key points to where they are when the peg is in by 5 cm, (B,)."""
    f = s.peg.pos.new_tensor(FRACTIONS)
    goal_x = 0.05 + (f[None, :] - 1.0) * s.peg.half_length[:, None]
    goal = torch.stack([goal_x, torch.zeros_like(goal_x), torch.zeros_like(goal_x)], dim=-1)
    return (keypoints(s) - goal).norm(dim=-1).mean(dim=-1)


def compute_reward(state, action, prev):
    pts = keypoints(state)
    radial = pts[..., 1:].norm(dim=-1)                 # (B, K)
    worst = radial.max(dim=-1).values
    gap = misfit(state)
    before = misfit(prev)

    # the nearest of three places to hold the peg
    x = torch.zeros_like(state.peg.pos)
    x[:, 0] = 1.0
    axis = apply(state.peg.quat, x)
    options = torch.stack(
        [
            torch.norm(state.robot.ee_pos - (state.peg.pos + f * state.peg.half_length[:, None] * axis), dim=-1)
            for f in GRASP_FRACTIONS
        ],
        dim=-1,
    )
    reach = torch.min(options, dim=-1)[0]

    held = state.robot.is_grasping_peg.float()
    tip = pts[:, -1, 0]
    ok = torch.all(radial < 0.015, dim=-1)
    missing = (0.05 - tip).clamp(min=0.0, max=0.5)
    return {
        "reach": 0.3 * torch.exp(-6.0 * reach),
        "grasp": 0.3 * held,
        "line": 0.6 * held * torch.exp(-6.0 * worst),
        "fit": 0.6 * held * torch.exp(-4.0 * gap),
        "progress": held * (2.0 * (before - gap)).clamp(-0.5, 0.5) * prev.robot.is_grasping_peg.float(),
        "insert": 1.2 * held * ok.float() * (1.0 - 2.0 * missing),
    }
