"""Full wxyz quaternion toolbox: conjugate, multiply, rotate, angle between; rewards steady upright carrying."""
import math

import torch
import torch.nn.functional as F

TILT_LIMIT = math.pi / 4


def quat_conjugate(q):
    w, xyz = q[..., :1], q[..., 1:]
    return torch.cat([w, -xyz], dim=-1)


def quat_multiply(a, b):
    aw, ax, ay, az = a.unbind(-1)
    bw, bx, by, bz = b.unbind(-1)
    return torch.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        dim=-1,
    )


def quat_rotate(q, v):
    """Rotate v (B, 3) by the unit quaternion q (B, 4), wxyz."""
    w = q[..., 0:1]
    u = q[..., 1:4]
    t = 2.0 * torch.cross(u, v, dim=-1)
    return v + w * t + torch.cross(u, t, dim=-1)


def quat_angle(a, b):
    """Angle between two orientations, 0..π."""
    rel = quat_multiply(quat_conjugate(a), b)
    return 2.0 * torch.atan2(rel[..., 1:].norm(dim=-1), rel[..., 0].abs())


def compute_reward(state, action, prev):
    q = F.normalize(state.puck.quat, dim=-1, eps=1e-6)
    q_prev = F.normalize(prev.puck.quat, dim=-1, eps=1e-6)

    z_axis = torch.zeros_like(state.puck.pos)
    z_axis[:, 2] = 1.0
    up = quat_rotate(q, z_axis)
    cos_tilt = up[:, 2].abs().clamp(0.0, 1.0)       # either face up is fine
    tilt = torch.acos(cos_tilt)
    upright = 1.0 - (tilt / TILT_LIMIT).clamp(max=1.0)

    spin = quat_angle(q_prev, q) / math.pi          # 0..1 per step

    tip = state.robot.ee_pos - torch.tensor([0.0, 0.0, 0.045], dtype=q.dtype, device=q.device)
    d_tip = (tip - state.puck.pos).norm(dim=-1)
    d_goal = (state.puck.pos - state.goal.pos).norm(dim=-1)

    reach = torch.exp(-6.0 * d_tip)
    place = torch.exp(-5.0 * d_goal)
    holding = (d_tip < 0.03) & (state.robot.gripper_openness < 0.6)
    lifted = holding & (state.puck.pos[:, 2] > 0.05)

    return {
        "reach": 0.4 * reach,
        "hold": 0.3 * holding.to(torch.float32),
        "lift": 0.6 * lifted.to(torch.float32),
        "place": 2.0 * place,
        "place_upright": 0.5 * place * upright,
        "no_spin": -0.1 * spin.clamp(0.0, 1.0),
    }
