"""Rotation matrix from the quaternion under torch.no_grad(), logical_and/or, matmul and squeeze, early ifs on constants."""
import torch

USE_ORIENTATION = True
DEBUG = False
EPS = torch.finfo(torch.float32).eps


def quat_to_matrix(quat: torch.Tensor) -> torch.Tensor:
    """(B, 4) wxyz → (B, 3, 3)."""
    quat = quat / quat.norm(dim=-1, keepdim=True).clamp_min(1e-6)
    w, x, y, z = quat[:, 0], quat[:, 1], quat[:, 2], quat[:, 3]
    m = torch.stack(
        (
            1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
            2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
            2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
        ),
        dim=-1,
    )
    return m.reshape(-1, 3, 3)


def compute_reward(state, action, prev):
    with torch.no_grad():
        pos, goal = state.puck.pos, state.goal.pos
        ez = torch.tensor([0.0, 0.0, 1.0], dtype=pos.dtype, device=pos.device)
        tip = torch.sub(state.robot.ee_pos, ez, alpha=0.045)

        sq_reach = ((tip - pos) ** 2).sum(dim=-1)
        sq_goal = ((pos - goal) ** 2).sum(dim=-1)
        d_reach = torch.sqrt(sq_reach + EPS)
        d_goal = torch.sqrt(sq_goal + EPS)

        grasped = torch.logical_and(d_reach.lt(0.03), state.robot.gripper_openness.le(0.6))
        placed = d_goal.lt(0.05)
        ok = torch.logical_or(grasped, placed)
        lifted = torch.logical_and(grasped, torch.logical_not(pos[:, 2].le(0.05)))

        result = {
            "reach": torch.where(placed, torch.full_like(d_reach, 0.5), 0.5 * torch.exp(-d_reach / 0.2)),
            "grasped": torch.where(ok, 0.4, 0.0),
            "lifted": 0.6 * torch.logical_or(lifted, placed).to(d_reach.dtype),
            "place": 1.5 * torch.exp(-d_goal / 0.2),
            "placed": 1.5 * placed.to(d_reach.dtype),
        }
        if USE_ORIENTATION:
            R = quat_to_matrix(state.puck.quat)                          # (B, 3, 3)
            body_up = torch.matmul(R, ez.view(1, 3, 1)).squeeze(-1)      # (B, 3)
            flat = body_up[:, 2].square().clamp(0.0, 1.0)
            result["flat_while_lifted"] = 0.2 * flat * ok.float()
        if DEBUG:
            result["debug"] = torch.zeros_like(d_goal)
    return result
