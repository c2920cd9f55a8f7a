"""Robotics student: full wxyz quaternion algebra (conjugate, Hamilton product, rotation, pitch) for body-frame velocity."""
import torch
import math

PITCH_LIMIT = math.pi / 4
EPS = 1e-6


def quat_conj(q: torch.Tensor) -> torch.Tensor:
    return torch.cat([q[..., :1], -q[..., 1:]], dim=-1)


def quat_mul(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    aw, ax, ay, az = a.unbind(dim=-1)
    bw, bx, by, bz = b.unbind(dim=-1)
    return torch.stack(
        (
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ),
        dim=-1,
    )


def quat_rotate(q: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """v' = q ⊗ (0, v) ⊗ q*"""
    pure = torch.cat([torch.zeros_like(v[..., :1]), v], dim=-1)
    return quat_mul(quat_mul(q, pure), quat_conj(q))[..., 1:]


def quat_pitch(q: torch.Tensor) -> torch.Tensor:
    w, x, y, z = q[:, 0], q[:, 1], q[:, 2], q[:, 3]
    s = 2.0 * (w * y - z * x)
    return torch.asin(torch.clamp(s, -1.0 + EPS, 1.0 - EPS))


def compute_reward(state, action, prev):
    q = state.torso.quat
    q = q / q.norm(dim=-1, keepdim=True).clamp_min(EPS)

    # Velocity seen from the body frame: R(q)^T v
    v_body = quat_rotate(quat_conj(q), state.torso.lin_vel)
    v_world_x = state.torso.lin_vel[:, 0]

    # Body x-axis in the world; its world-x component is cos(heading)*cos(pitch)
    ex = torch.zeros_like(state.torso.pos)
    ex[:, 0] = 1.0
    facing = quat_rotate(q, ex)[:, 0]

    pitch = quat_pitch(q)
    pitch_ratio = (pitch.abs() / PITCH_LIMIT).clamp(0.0, 1.0)
    balance = 1.0 - pitch_ratio**2           # 1 at zero pitch → 0 at ±45°

    # relative rotation over this step, angle = 2 * atan2(|vec|, |w|)
    dq = quat_mul(state.torso.quat, quat_conj(prev.torso.quat))
    dtheta = 2.0 * torch.atan2(torch.linalg.norm(dq[:, 1:], dim=-1), dq[:, 0].abs())

    speed = torch.tanh(v_world_x / 3.0)
    terms = {}
    terms["speed"] = 1.5 * speed * (0.25 + 0.75 * balance)
    terms["body_forward"] = 0.25 * torch.tanh(v_body[:, 0] / 3.0) * torch.clamp(facing, 0.0, 1.0)
    terms["tumble"] = -0.2 * torch.clamp(dtheta / math.pi, 0.0, 1.0)
    return terms
