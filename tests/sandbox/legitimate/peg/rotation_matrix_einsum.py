"""Rotation matrices built with reshape, transposes, einsum and bmm; trace-based rotation angle."""
import math
import torch


def quat_to_mat(q):
    q = q / torch.linalg.norm(q, dim=-1, keepdim=True).clamp_min(1e-8)
    w, x, y, z = torch.unbind(q, -1)
    R = torch.stack(
        (
            1 - 2 * (y**2 + z**2), 2 * (x * y - z * w), 2 * (x * z + y * w),
            2 * (x * y + z * w), 1 - 2 * (x**2 + z**2), 2 * (y * z - x * w),
            2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x**2 + y**2),
        ),
        dim=-1,
    )
    return R.reshape(q.shape[:-1] + (3, 3))


def compute_reward(state, action, prev):
    R_p, R_h = quat_to_mat(state.peg.quat), quat_to_mat(state.hole.quat)
    R_hT = R_h.transpose(-1, -2)

    head_w = state.peg.pos + R_p[:, :, 0] * state.peg.half_length.unsqueeze(-1)
    head = torch.einsum("bij,bj->bi", R_hT, head_w - state.hole.pos)
    centre = torch.matmul(R_hT, (state.peg.pos - state.hole.pos).unsqueeze(-1)).squeeze(-1)

    # direction cosine of the two x axes; the roll about the axis does not matter for a round peg
    R_rel = torch.bmm(R_hT, R_p)
    ang = torch.acos(R_rel[:, 0, 0].clamp(-1 + 1e-6, 1 - 1e-6))

    lat_head = head[:, 1:].pow(2).sum(dim=-1).add(1e-10).sqrt()
    lat_centre = centre[:, 1:].pow(2).sum(dim=-1).add(1e-10).sqrt()
    lat = 0.5 * (lat_head + lat_centre)

    held = state.robot.is_grasping_peg.float()
    reach = torch.exp(-6.0 * torch.linalg.norm(state.robot.ee_pos - state.peg.pos, dim=-1))
    r_ang = 1.0 - ang / math.pi
    r_lat = torch.exp(-8.0 * lat)
    x = head[:, 0].clamp(-0.3, 0.05)
    r_in = (x + 0.3) / 0.35

    ok = (lat < 0.02) & (ang < math.radians(10.0))
    return {
        "reach": 0.3 * reach,
        "grasp": 0.3 * held,
        "angle": 0.4 * held * r_ang,
        "lateral": 0.5 * held * r_lat,
        "insert": 1.5 * held * torch.where(ok, r_in, 0.2 * r_in * r_lat * r_ang),
    }
