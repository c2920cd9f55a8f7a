"""Vector maths: F.cosine_similarity, torch.norm with keepdim, torch.square(...).sum(-1), addcmul, foot target in the body frame."""
import math
import torch
import torch.nn.functional as F

# where the front left foot should be held, relative to the torso (m): forward, left, up
WAVE_CENTRE = (0.5 * math.cos(math.pi / 4), 0.5 * math.sin(math.pi / 4), 0.2)


def body_axes(q):
    """Columns of the rotation matrix of a wxyz quaternion."""
    w, x, y, z = (q[:, k] for k in range(4))
    ax = torch.stack([1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)], dim=1)
    ay = torch.stack([2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)], dim=1)
    az = torch.stack([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)], dim=1)
    return ax, ay, az


def compute_reward(state, action, prev):
    q = F.normalize(state.torso.quat, dim=-1)
    ax, ay, az = body_axes(q)
    cx, cy, cz = WAVE_CENTRE
    target = state.torso.pos + cx * ax + cy * ay + cz * az

    dist = torch.square(state.feet.pos[:, 0, :] - target).sum(-1).sqrt()
    near = 1.0 / (1.0 + (dist / 0.3) ** 2)                # in (0, 1]

    xy_vel = state.torso.lin_vel[:, :2]
    speed_xy = torch.norm(xy_vel, dim=-1, keepdim=True)
    heading = xy_vel / (speed_xy + 1e-6)
    along_x = heading[:, 0] * torch.clamp(speed_xy.squeeze(-1), max=1.0)

    facing = F.cosine_similarity(ax, F.pad(torch.ones_like(ax[:, :1]), (0, 2)), dim=-1)

    foot_vel_rel = (state.feet.pos[:, 0] - state.torso.pos) - (prev.feet.pos[:, 0] - prev.torso.pos)
    sideways = (foot_vel_rel * ay).sum(dim=-1).abs()
    wave = torch.clamp(sideways / 0.1, 0.0, 1.0)

    base = along_x.clamp(0.0, 1.0)
    terms = dict()
    terms["along_x"] = along_x
    terms["facing"] = 0.2 * base * facing
    terms["near_wave_pose"] = 0.6 * base * near
    terms["wave"] = torch.addcmul(torch.zeros_like(base), base * near, wave, value=1.2)
    return terms
