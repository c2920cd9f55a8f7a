"""Columns unpacked with unbind(-1), logistic gates, torch.lerp between stages, keyword arguments everywhere."""
import torch
import torch.nn.functional as F


def smooth_gate(x: torch.Tensor, *, center: float, width: float, rising: bool = True) -> torch.Tensor:
    z = (x - center) / width
    return torch.sigmoid(z if rising else -z)


def compute_reward(state, action, prev) -> dict:
    ex, ey, ez = state.robot.ee_pos.unbind(dim=-1)
    hx, hy, hz = state.handle.pos.unbind(dim=-1)
    gx, gy, gz = state.goal.pos.unbind(dim=-1)
    ez = ez - 0.045

    xy = ((ex - hx).square() + (ey - hy).square()).sqrt()
    z = (ez - hz).abs()
    total = torch.sqrt((ex - hx) ** 2 + (ey - hy) ** 2 + (ez - hz) ** 2)
    left_to_open = torch.sqrt((hx - gx) ** 2 + (hy - gy) ** 2 + (hz - gz) ** 2)

    near = smooth_gate(total, center=0.05, width=0.012, rising=False)
    opened = smooth_gate(left_to_open, center=0.03, width=0.008, rising=False)

    approach = torch.exp(-(xy / 0.15)) * 0.6 + torch.exp(-(z / 0.15)) * 0.4
    pulling = 1.0 + F.hardtanh(1.0 - left_to_open / 0.25, min_val=0.0, max_val=1.0)

    # far from the handle → approach only (≤ 1); near it → 1..2
    ladder = torch.lerp(input=approach, end=pulling, weight=near)

    # don't lose the stage reward when the drawer is open and the hand lets go
    ladder = torch.lerp(input=ladder, end=torch.full_like(ladder, fill_value=2.0), weight=opened)

    jerk = F.mse_loss(input=action, target=torch.zeros_like(action), reduction="none").mean(dim=-1)

    return {
        "ladder": ladder,
        "opened": 2.0 * opened,
        "smoothness": -0.02 * jerk,
    }
