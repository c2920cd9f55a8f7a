"""Robotics PhD student: relative pose by quaternion product, roll/pitch/yaw with asin and atan2, angle via acos."""
import math

import torch
import torch.nn.functional as F

Tensor = torch.Tensor
DEG: float = math.pi / 180.0
EPS: float = 1e-6


def q_mul(p: Tensor, q: Tensor) -> Tensor:
    """Hamilton product, wxyz."""
    p0, pv = p[..., :1], p[..., 1:]
    q0, qv = q[..., :1], q[..., 1:]
    s = p0 * q0 - (pv * qv).sum(dim=-1, keepdim=True)
    v = p0 * qv + q0 * pv + torch.cross(pv, qv, dim=-1)
    return torch.cat((s, v), dim=-1)


def q_inv(q: Tensor) -> Tensor:
    return torch.cat((q[..., :1], -q[..., 1:]), dim=-1) / (q * q).sum(dim=-1, keepdim=True).clamp(min=EPS)


def q_rot(q: Tensor, v: Tensor) -> Tensor:
    """q ⊗ (0, v) ⊗ q⁻¹"""
    pure = torch.cat((torch.zeros_like(v[..., :1]), v), dim=-1)
    return q_mul(q_mul(q, pure), q_inv(q))[..., 1:]


def rpy(q: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    w, x, y, z = q.unbind(dim=-1)
    roll = torch.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
    pitch = torch.asin((2 * (w * y - z * x)).clamp(-1.0, 1.0))
    yaw = torch.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
    return roll, pitch, yaw


def relative_pose(s) -> tuple[Tensor, Tensor]:
    """Pose of the peg's head in the frame of the hole: (B, 3), (B, 4)."""
    q_rel = q_mul(q_inv(s.hole.quat), s.peg.quat)
    p_rel = q_rot(q_inv(s.hole.quat), s.peg.pos - s.hole.pos)
    x = F.pad(s.peg.half_length.unsqueeze(-1), (0, 2))
    return p_rel + q_rot(q_rel, x), q_rel


def compute_reward(state, action: Tensor, prev) -> dict[str, Tensor]:
    p, q = relative_pose(state)
    p_before, _ = relative_pose(prev)

    # roll is free: the peg is round. The other two must vanish.
    _, pitch, yaw = rpy(q)
    bend = torch.sqrt(pitch.square() + yaw.square() + EPS)
    parallel = torch.exp(-bend / (30.0 * DEG))

    # full angle hand ↔ peg, modulo sign of the quaternion
    dot = (state.robot.ee_quat * state.peg.quat).sum(dim=-1).abs()
    wrist = 2.0 * torch.acos(dot.clamp(0.0, 1.0 - EPS))
    wrist_score = 1.0 - wrist / math.pi

    depth, lateral = p[:, 0], p[:, 1:]
    r = torch.linalg.vector_norm(lateral, dim=-1)
    coaxial = torch.exp(-r / 0.04)
    funnel = torch.sigmoid((0.015 - r) / 0.003) * torch.sigmoid((10.0 * DEG - bend) / (2.0 * DEG))

    goal_depth = torch.minimum(0.5 * state.peg.half_length, torch.full_like(depth, 0.05))
    todo = (goal_depth - depth).clamp(0.0, 1.0)
    todo_before = (goal_depth - p_before[:, 0]).clamp(0.0, 1.0)
    advance = (todo_before - todo).clamp(-0.1, 0.1)

    ee_dist = torch.linalg.vector_norm(state.robot.ee_pos - state.peg.pos, dim=-1)
    holds = state.robot.is_grasping_peg.to(p.dtype)
    held_both = holds * prev.robot.is_grasping_peg.to(p.dtype)

    return {
        "reach": 0.25 * torch.exp(-ee_dist / 0.15),
        "wrist": 0.03 * wrist_score * torch.exp(-ee_dist / 0.05),
        "hold": 0.30 * holds,
        "parallel": 0.35 * holds * parallel,
        "coaxial": 0.45 * holds * coaxial,
        "advance": 1.00 * held_both * funnel * advance,
        "insert": 1.60 * holds * funnel * torch.exp(-todo / 0.05),
    }
