"""Masks through masked_fill, any / all / count_nonzero over legs, module-level torch.tensor weights moved with .to(x)."""
import torch

# effort weights per joint: the front left leg is free
_EFFORT = torch.tensor([0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
_NOT_FL = torch.tensor([False, True, True, True])


def compute_reward(state, action, prev):
    contact = state.feet.contact
    not_fl = _NOT_FL.to(contact.device)

    ground = torch.count_nonzero(contact & not_fl, dim=-1)          # 0..3
    any_support = torch.any(contact[:, 1:], dim=-1)
    every_foot = contact.all(dim=-1)
    fl_free = contact[:, 0].logical_not()

    vx = state.torso.lin_vel[:, 0]
    walk = vx.clamp(0.0, 1.2) / 1.2
    walk = walk.masked_fill(state.torso.up[:, 2] < 0.3, 0.0)

    rate = state.joints.vels[:, 0].abs().clamp(0.0, 5.0) / 5.0
    wave = rate.masked_fill(~fl_free, 0.0).masked_fill(~any_support, 0.0)

    high = state.feet.pos[:, 0, 2].masked_fill(contact[:, 0], 0.0).clamp(0.0, 0.5) * 2.0

    effort = (action.square() * _EFFORT.to(action)).sum(dim=-1) / 6.0

    return {
        "walk": walk,
        "wave": 1.2 * wave * high * walk,
        "high": 0.4 * high * walk,
        "stance": 0.05 * ground.to(torch.float32) * walk,
        "flat_footed": -0.1 * every_foot.to(torch.float32),
        "effort": -0.03 * effort,
    }
