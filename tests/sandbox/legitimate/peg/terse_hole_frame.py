"""Terse coder model: hole frame via one-line quaternion rotation, short names."""
import torch


def rot(q, v):
    u = q[:, 1:]
    t = 2 * torch.cross(u, v, dim=-1)
    return v + q[:, :1] * t + torch.cross(u, t, dim=-1)


def inv(q):
    return q * q.new_tensor([1, -1, -1, -1])


def compute_reward(state, action, prev):
    p, h, r = state.peg, state.hole, state.robot
    ex = torch.zeros_like(p.pos)
    ex[:, 0] = 1
    ax = rot(p.quat, ex)
    head = p.pos + ax * p.half_length[:, None]
    k = rot(inv(h.quat), head - h.pos)
    c = rot(inv(h.quat), ax)[:, 0]
    off = k[:, 1:].norm(dim=-1)
    g = r.is_grasping_peg.float()
    a = torch.exp(-10 * off) * c.clamp(0, 1)
    return {
        "reach": 0.3 * torch.exp(-5 * (r.ee_pos - p.pos).norm(dim=-1)),
        "grasp": 0.3 * g,
        "align": 0.8 * g * a,
        "insert": 1.6 * g * a * torch.exp(-8 * (0.05 - k[:, 0]).clamp(0, 2)),
    }
