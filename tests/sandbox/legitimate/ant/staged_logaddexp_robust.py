"""Defensive: nan_to_num, shape asserts, xlogy-free log1p / rsqrt / softmax forms, gather and topk over legs, keyword arguments throughout."""
import torch
import torch.nn.functional as F


def squash(x: torch.Tensor, *, scale: float = 1.0) -> torch.Tensor:
    """x → x / sqrt(scale² + x²), in (-1, 1)."""
    x = torch.clamp(input=torch.nan_to_num(x, nan=0.0, posinf=1e3, neginf=-1e3), min=-1e3, max=1e3)
    return x * torch.rsqrt(x.pow(exponent=2) + scale**2)


def compute_reward(state, action, prev):
    assert action.dim() == 2 and action.size(-1) == 8
    batch = action.size(0)

    vx: torch.Tensor = state.torso.lin_vel[..., 0]
    forward: torch.Tensor = squash(vx, scale=0.7)
    positive: torch.Tensor = torch.maximum(forward, torch.zeros_like(input=forward))

    # which foot is the highest?  soft choice over the four legs; we want mass on leg 0
    heights = torch.nan_to_num(state.feet.pos[..., 2])                       # (B, 4)
    share = F.softmax(heights.clamp(min=-5.0, max=5.0) / 0.1, dim=-1)[:, 0]
    two_highest = torch.topk(heights, k=2, dim=-1).values
    gap = (two_highest[:, 0] - two_highest[:, 1]).clamp(min=0.0, max=0.5)
    fl_is_highest = heights.argmax(dim=-1) == 0

    # speeds of the legs as (B, 4, 2): hip, ankle
    legs = state.joints.vels.reshape(batch, 4, 2)
    first = torch.zeros(batch, 1, 2, dtype=torch.long, device=legs.device)
    fl = torch.gather(input=legs, dim=1, index=first).squeeze(dim=1)
    wave = torch.log1p(fl.abs().clamp(max=10.0).sum(dim=-1)) / 3.1

    # staged: [walk] < [walk + lift] < [walk + lift + wave]
    stage_1 = positive
    stage_2 = stage_1 * share
    stage_3 = stage_2 * wave
    level = torch.stack(tensors=[stage_1, stage_2, stage_3], dim=1)
    weights = level.new_tensor(data=[0.8, 0.6, 1.2])

    upright = (state.torso.up[..., 2] > 0.4).to(dtype=level.dtype)
    staged = torch.einsum("bk,k->b", level, weights) * upright

    return {
        "staged": staged,
        "clear_gap": torch.where(fl_is_highest, gap, torch.zeros_like(gap)) * positive,
        "reverse": torch.minimum(forward, torch.zeros_like(forward)),
        "effort": action.abs().mean(dim=-1).mul(-0.02),
    }
