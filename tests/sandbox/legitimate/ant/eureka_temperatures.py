"""Eureka style: temperature variables, exp-shaped components, explicit device handling."""
import torch


def compute_reward(state, action: torch.Tensor, prev):
    device = action.device

    # Components of the state
    velocity = state.torso.lin_vel
    dof_vel = state.joints.vels
    feet_pos = state.feet.pos

    # --- forward walking ---------------------------------------------------
    target_speed = torch.tensor(1.0, device=device)
    speed_error = torch.abs(velocity[:, 0] - target_speed)
    temp_speed = 0.5
    walk_reward = torch.exp(-speed_error / temp_speed)
    # standing still gives exp(-2); take it off so that doing nothing pays nothing
    walk_reward = walk_reward - torch.exp(torch.tensor(-1.0 / temp_speed, device=device))

    # --- lifting the front left foot ----------------------------------------
    temp_lift = 0.15
    lift_gap = torch.clamp(0.5 - feet_pos[:, 0, 2], min=0.0)
    lift_reward = torch.exp(-lift_gap / temp_lift)

    # --- waving ---------------------------------------------------------------
    temp_wave = 2.0
    wave_speed = torch.abs(dof_vel[:, 0]) + 0.5 * torch.abs(dof_vel[:, 1])
    wave_reward = 1.0 - torch.exp(-wave_speed / temp_wave)

    # --- keep the body the right way up --------------------------------------
    temp_up = 0.2
    upright = torch.exp((torch.clamp(state.torso.up[:, 2], -1.0, 1.0) - 1.0) / temp_up)

    moving = torch.clamp(velocity[:, 0], 0.0, 1.0)
    rew_dict = {
        "walk": 1.0 * walk_reward * upright,
        "lift": 0.5 * lift_reward * upright * moving,
        "wave": 1.5 * lift_reward * wave_reward * upright * moving,
    }
    return rew_dict
