"""Nearest of several approach points: stacked alternatives and torch.min(...).values, broadcasting with [:, None]."""
import torch

# candidate contact points relative to the handle, m
CANDIDATES = [
    [0.00, 0.00, 0.00],
    [0.00, 0.00, 0.02],
    [0.03, 0.00, 0.00],
    [-0.03, 0.00, 0.00],
]


def compute_reward(state, action, prev):
    ee = state.robot.ee_pos
    handle = state.handle.pos
    offsets = torch.tensor(CANDIDATES, dtype=ee.dtype, device=ee.device)      # (K, 3)
    tip = ee - torch.tensor([[0.0, 0.0, 0.045]], dtype=ee.dtype, device=ee.device)

    targets = handle[:, None, :] + offsets[None, :, :]                        # (B, K, 3)
    dists = torch.linalg.norm(tip[:, None, :] - targets, dim=-1)              # (B, K)
    nearest = torch.min(dists, dim=-1).values                                 # (B,)
    reach = torch.exp(-6.0 * nearest)

    gap = torch.linalg.norm(handle - state.goal.pos, dim=-1)
    gap_prev = torch.linalg.norm(prev.handle.pos - prev.goal.pos, dim=-1)

    coarse = 1.0 - torch.clamp(gap / 0.3, max=1.0)
    fine = torch.exp(-((gap / 0.05) ** 2))
    opening = torch.stack([coarse, fine], dim=-1).mean(dim=-1)

    # take the better of "I'm moving it" and "it's there already"
    moving = torch.clamp((gap_prev - gap) / 0.01, 0.0, 1.0)
    arrived = (gap < 0.03).float()
    move_or_hold, _ = torch.max(torch.stack((moving, arrived), dim=1), dim=1)

    return {
        "reach": 0.5 * reach,
        "opening": 2.0 * opening,
        "move_or_hold": 1.0 * move_or_hold,
    }
