"""Staged cascade with nested torch.where: fallen → standing → moving → hopping → fast; full_like constants."""
import torch


def compute_reward(state, action, prev):
    z = state.torso.pos[:, 2]
    up_z = state.torso.up[:, 2]
    vx = state.torso.lin_vel[:, 0]
    touching = state.foot.is_touching

    standing = (z > 0.7) & (up_z > 0.7)
    moving = standing & (vx > 0.3)
    flight = moving & ~touching
    fast = moving & (vx > 2.0)

    # Stage bases: each stage is worth more than the best of the stage before.
    # fallen: [-1.0, -0.5] ; standing: [-0.2, 0.0] ; moving: [0.3, 1.2] ; fast: [1.5, 2.5]
    fallen_value = -1.0 + 0.25 * (z.clamp(0.0, 1.0) + up_z.clamp(0.0, 1.0))
    standing_value = torch.full_like(z, -0.2) + 0.2 * (vx / 0.3).clamp(0.0, 1.0)
    moving_value = torch.lerp(torch.full_like(z, 0.3), torch.full_like(z, 1.2), ((vx - 0.3) / 1.7).clamp(0.0, 1.0))
    fast_value = 1.5 + ((vx - 2.0) / 3.0).clamp(0.0, 1.0)

    stage = torch.where(
        fast,
        fast_value,
        torch.where(moving, moving_value, torch.where(standing, standing_value, fallen_value)),
    )
    flight_bonus = torch.where(flight, 0.2, 0.0)
    return {"stage": stage, "flight_bonus": flight_bonus}
