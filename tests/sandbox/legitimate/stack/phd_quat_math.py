"""Robotics PhD student: quaternion algebra, goal in the green cube's frame, approach axis of the hand."""
import math
import torch

EDGE = 0.04
EPS = 1e-6
DOWN = (0.0, 0.0, -1.0)


def quat_normalize(q):
    return q / q.norm(dim=-1, keepdim=True).clamp(min=EPS)


def quat_conj(q):
    """(w, x, y, z) -> (w, -x, -y, -z)"""
    return torch.cat([q[..., :1], -q[..., 1:]], dim=-1)


def quat_mul(a, b):
    aw, ax, ay, az = a[..., 0], a[..., 1], a[..., 2], a[..., 3]
    bw, bx, by, bz = b[..., 0], b[..., 1], b[..., 2], b[..., 3]
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
    # v' = v + 2 w (u × v) + 2 u × (u × v)
    w, u = q[..., :1], q[..., 1:]
    t = 2.0 * torch.cross(u, v, dim=-1)
    return v + w * t + torch.cross(u, t, dim=-1)


def geodesic(q):
    """Angle of a unit quaternion, in [0, π]."""
    return 2.0 * torch.acos(q[..., 0].abs().clamp(max=1.0 - EPS))


def compute_reward(state, action, prev):
    q_h = quat_normalize(state.robot.ee_quat)
    q_r = quat_normalize(state.red.quat)
    q_g = quat_normalize(state.green.quat)

    # error of the red cube, expressed in the frame of the green one
    p_rel = quat_rotate(quat_conj(q_g), state.red.pos - state.green.pos)
    e = p_rel - p_rel.new_tensor([0.0, 0.0, EDGE])
    lateral = torch.linalg.vector_norm(e[..., :2], dim=-1)
    vertical = e[..., 2].abs()

    # the relative rotation is irrelevant for the stack, but the tilt of the red cube is not
    z_axis = torch.zeros_like(state.red.pos)
    z_axis[..., 2] = 1.0
    up_in_red = quat_rotate(quat_conj(q_r), z_axis)
    face_up = up_in_red.abs().amax(dim=-1)     # 1 if any face lies flat, whichever it is

    # hand: approach along -z of the world
    down = torch.tensor(DOWN, dtype=q_h.dtype, device=q_h.device).expand_as(z_axis)
    approach = quat_rotate(q_h, z_axis)
    tilt = torch.acos((approach * down).sum(dim=-1).clamp(-1.0 + EPS, 1.0 - EPS))
    pointing = torch.exp(-0.5 * (tilt / (math.pi / 8)) ** 2)

    # yaw between the hand and the cube, modulo 90 deg, by way of cos(4 yaw)
    rel = quat_mul(quat_conj(q_h), q_r)
    angle = geodesic(rel)
    yaw_ok = 0.5 * (1.0 + torch.cos(4.0 * angle))

    d = torch.linalg.vector_norm(state.robot.ee_pos - state.red.pos, dim=-1)
    reach = 1.0 / (1.0 + (d / 0.1) ** 2)

    held = state.robot.is_grasping_red
    placed = (lateral < EDGE / 4) & (vertical < EDGE / 8)
    w = (held | placed).to(reach.dtype)
    carry = torch.exp(-lateral / 0.1) * torch.exp(-vertical / 0.1)
    done = (placed & ~held).to(reach.dtype)
    return dict(
        reach=0.3 * reach * (0.5 + 0.3 * pointing + 0.2 * yaw_ok),
        grasp=0.4 * w,
        carry=0.9 * w * carry,
        level=0.1 * w * face_up * carry,
        release=1.6 * done,
    )
