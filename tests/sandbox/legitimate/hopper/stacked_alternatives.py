"""torch.stack of alternatives, min / max over the stacked axis (values / amin), weights as a tensor of the input's dtype."""
import torch


def compute_reward(state, action, prev):
    v = state.torso.lin_vel[:, 0]
    z = state.torso.pos[:, 2]
    up = state.torso.up[:, 2]
    knee, hip, ankle = state.leg.angle, state.thigh.angle, state.foot.angle

    # how good is each condition, in [0, 1]?  The weakest one decides.
    conditions = torch.stack(
        [
            ((z - 0.5) / 0.5).clamp(0, 1),
            ((up - 0.3) / 0.6).clamp(0, 1),
            (1 - (ankle.abs() - 0.6).clamp(0, 1)),
        ],
        dim=0,
    )
    weakest, _ = torch.min(conditions, dim=0)

    # how fast: the better of the torso's speed and of the progress made by both bodies
    alternatives = torch.stack([v, 0.5 * (v + prev.torso.lin_vel[:, 0])], dim=-1)
    fast = alternatives.amax(dim=-1)
    fast = fast.clamp(-1.0, 4.0) / 4.0

    joints = torch.stack((hip, knee, ankle), 1)
    before = torch.stack((prev.thigh.angle, prev.leg.angle, prev.foot.angle), 1)
    w = torch.tensor([0.5, 0.3, 0.2], dtype=joints.dtype, device=joints.device)
    moved = ((joints - before).abs().clamp(max=0.5) * w).sum(dim=1)

    return {
        "fast": 2.0 * fast * weakest,
        "moving_joints": 0.2 * moved * (v > 0).to(v.dtype),
        "lowest_condition": -0.5 * (1.0 - torch.min(conditions, 0).values),
    }
