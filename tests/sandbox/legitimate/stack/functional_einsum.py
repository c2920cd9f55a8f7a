"""Heavy on torch.nn.functional and einsum: pairwise_distance, cosine_similarity, hardtanh, smooth_l1, softplus, huber."""
import torch
import torch.nn.functional as F


def axis(q: torch.Tensor, i: int) -> torch.Tensor:
    """Column i of the rotation matrix of q (wxyz)."""
    q = F.normalize(q, p=2.0, dim=-1, eps=1e-6)
    w, x, y, z = q.unbind(dim=-1)
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)),
        (2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)),
        (2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)),
    )
    return torch.stack(rows[i], dim=-1)


def compute_reward(state, action, prev):
    goal = state.green.pos + F.pad(torch.full_like(state.green.pos[:, :1], 0.04), (2, 0))
    diff = state.red.pos - goal

    d_hand = F.pairwise_distance(state.robot.ee_pos, state.red.pos)
    d_goal = torch.einsum("bi,bi->b", diff, diff).clamp_min(1e-12).sqrt()

    down = torch.zeros_like(goal)
    down[:, 2] = -1.0
    facing = F.relu(F.cosine_similarity(axis(state.robot.ee_quat, 2), down, dim=-1))

    held = state.robot.is_grasping_red.float()
    huber = F.smooth_l1_loss(diff, torch.zeros_like(diff), reduction="none", beta=0.05).sum(dim=-1)
    on = F.hardtanh((0.02 - d_goal) / 0.01, 0.0, 1.0)
    has = 1.0 - (1.0 - held) * (1.0 - on)

    speed = state.red.lin_vel.norm(dim=-1)
    calm = torch.exp(-F.softplus(speed - 0.05, beta=20.0))
    width = F.hardsigmoid(6.0 * (state.robot.gripper_width - 0.06) / 0.02)
    return {
        "reach": 0.3 * torch.exp(-4.0 * d_hand) * (0.7 + 0.3 * facing),
        "grasp": 0.4 * has,
        "carry": 0.9 * has * torch.exp(-4.0 * huber),
        "release": 1.6 * on * (1.0 - held) * (0.4 + 0.3 * calm + 0.3 * width),
        "action_cost": -0.005 * F.mse_loss(action, torch.zeros_like(action), reduction="none").mean(dim=-1),
    }
