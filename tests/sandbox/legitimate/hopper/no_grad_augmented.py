"""Everything within torch.no_grad(), one accumulator built by augmented assignment, in-place ops on fresh locals."""
import torch


def compute_reward(state, action, prev):
    with torch.no_grad():
        vel = state.torso.lin_vel.clone()
        vel = vel.clamp(-10.0, 10.0)
        forward, lateral, vertical = vel[:, 0], vel[:, 1], vel[:, 2]

        # main term
        r = torch.zeros_like(forward)
        r += 0.4 * forward.clamp(0.0, 4.0)
        r -= 0.4 * (-forward).clamp(0.0, 1.0)
        r -= 0.02 * lateral.abs()
        r *= (state.torso.pos[:, 2] > 0.6).float()

        # hop term: upward velocity at the moment of leaving the ground
        leaving = prev.foot.is_touching & ~state.foot.is_touching
        hop = vertical.clamp(0.0, 2.0) / 2.0
        hop = hop * leaving
        hop *= (forward > 0.0)

        # posture term
        tilt = 1.0 - state.torso.up[:, 2]
        posture = tilt.neg()
        posture *= 0.25

        # smoothness
        n = action.shape[1]
        effort = action.pow(2).sum(dim=1).div(n).mul(-0.05)

    return {"run": r, "hop": hop, "posture": posture.clamp(-0.5, 0.0), "effort": effort}
