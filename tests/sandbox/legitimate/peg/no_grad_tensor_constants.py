"""Body under torch.no_grad(), constants as torch.tensor with dtype/device, torch.where against zero tensors."""
import torch


def quat_apply(q, v):
    """Applies the rotation of q (wxyz) to v."""
    shape = v.shape
    q, v = q.reshape(-1, 4), v.reshape(-1, 3)
    xyz = q[:, 1:]
    t = xyz.cross(v, dim=-1) * 2
    return (v + q[:, 0:1] * t + xyz.cross(t, dim=-1)).view(shape)


@torch.no_grad()
def align_score(a, b):
    return torch.clamp((a * b).sum(dim=-1), min=-1.0, max=1.0)


def compute_reward(state, action, prev):
    with torch.no_grad():
        dtype, device = state.peg.pos.dtype, state.peg.pos.device
        B = state.peg.pos.size(0)
        x_axis = torch.tensor([1.0, 0.0, 0.0], dtype=dtype, device=device).repeat(B, 1)
        zero = torch.zeros((B,), dtype=dtype, device=device)
        one = torch.ones((B,), dtype=dtype, device=device)
        max_depth = torch.tensor(0.05, dtype=dtype, device=device)
        start = torch.tensor(-0.20, dtype=dtype, device=device)

        peg_dir = quat_apply(state.peg.quat, x_axis)
        hole_dir = quat_apply(state.hole.quat, x_axis)
        peg_tip = torch.addcmul(state.peg.pos, state.peg.half_length[:, None], peg_dir)

        offset = peg_tip - state.hole.pos
        depth = torch.sum(offset * hole_dir, dim=-1)
        perpendicular = offset - depth[:, None] * hole_dir
        perpendicular_distance = torch.linalg.norm(perpendicular, ord=2, dim=-1)

        reach_distance = torch.linalg.norm(state.robot.ee_pos - state.peg.pos, ord=2, dim=-1)
        grasping = torch.where(state.robot.is_grasping_peg, one, zero)
        cos = align_score(peg_dir, hole_dir)

        depth_fraction = (torch.minimum(torch.maximum(depth, start), max_depth) - start) / (max_depth - start)
        centred = torch.where(perpendicular_distance < state.peg.radius, one, zero)
        straight = torch.where(cos.gt(0.97), one, zero)

        lift = torch.clamp(state.peg.pos[:, 2] / 0.1, 0.0, 1.0)

        return {
            "reach": 0.3 / (1.0 + 8.0 * reach_distance),
            "grasp": 0.3 * grasping,
            "lift": 0.1 * grasping * lift,
            "straight": 0.4 * grasping * (0.5 + 0.5 * cos),
            "centred": 0.5 * grasping / (1.0 + 10.0 * perpendicular_distance),
            "insert": 1.6 * grasping * centred * straight * depth_fraction,
            "effort": -0.01 * torch.clamp(action, -1.0, 1.0).pow(2).mean(dim=-1),
        }
