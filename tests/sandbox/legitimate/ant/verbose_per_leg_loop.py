"""Chatty model: numbered steps, loop over range(4) per leg with f-string term names, accumulating into lists."""
import torch
import torch.nn.functional as F

LEG_NAMES = ["front_left", "front_right", "back_left", "back_right"]


def compute_reward(state, action, prev):
    """
    Let's think about what the robot needs to do:

    1. Walk forward    → positive x velocity.
    2. Keep upright    → up_z close to 1 (only matters while walking).
    3. Wave front left → the foot is ≥ 0.3 m high and the leg moves quickly.

    I'll reward 1 always, and 3 on top of 1, so that neither standing still and
    waving nor walking without waving gets the full reward.
    """
    # 1. Forward velocity (saturates at 1 m/s)
    forward_velocity = state.torso.lin_vel[:, 0]
    forward_reward = torch.clamp(forward_velocity, min=-0.5, max=1.0)

    # 2. Uprightness in [0, 1]
    upright = F.relu(state.torso.up[:, 2]).clamp(max=1.0)

    terms = {"forward": forward_reward * upright}

    # 3. Per-leg bookkeeping
    leg_speeds = []
    leg_heights = []
    for i in range(4):
        hip_vel = state.joints.vels[:, 2 * i]
        ankle_vel = state.joints.vels[:, 2 * i + 1]
        leg_speeds.append(torch.sqrt(hip_vel**2 + ankle_vel**2 + 1e-8))
        leg_heights.append(state.feet.pos[:, i, 2])

    # 3a. The three other legs should touch the ground now and then: small bonus each
    for i in range(1, 4):
        touching = state.feet.contact[:, i].float()
        terms[f"support_{LEG_NAMES[i]}"] = 0.05 * touching * forward_reward.clamp(min=0.0)

    # 3b. Front left: high...
    height_gate = torch.clamp(leg_heights[0] / 0.3, 0.0, 1.0)
    # ...and off the ground...
    air_gate = 1.0 - state.feet.contact[:, 0].float()
    # ...and quick (5 rad/s is plenty!)
    quick = torch.clamp(leg_speeds[0] / 5.0, 0.0, 1.0)

    walking = torch.clamp(forward_velocity / 0.5, 0.0, 1.0)
    terms["wave_height"] = 0.4 * height_gate * air_gate * walking * upright
    terms["wave_motion"] = 1.0 * height_gate * air_gate * quick * walking * upright

    # 4. Small penalty for large actions
    terms["action_penalty"] = -0.01 * action.pow(2).mean(dim=-1)
    return terms
