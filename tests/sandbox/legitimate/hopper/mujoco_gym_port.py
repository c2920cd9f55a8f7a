"""Port of Gymnasium Hopper-v4: healthy ranges, ctrl_cost_weight, forward_reward from positions; no alive bonus."""
import torch

forward_reward_weight = 1.0
ctrl_cost_weight = 1e-3
healthy_z_range = (0.7, float("inf"))
healthy_angle_range = (-0.2, 0.2)
healthy_state_range = (-100.0, 100.0)
frame_skip, timestep = 4, 0.002
dt = frame_skip * timestep


def control_cost(action):
    return ctrl_cost_weight * torch.sum(torch.square(action), -1)


def is_healthy(state):
    z = state.torso.pos[:, 2]
    # pitch about y: quat = (cos(θ/2), 0, sin(θ/2), 0)
    angle = 2.0 * torch.atan2(state.torso.quat[:, 2], state.torso.quat[:, 0])
    angle = torch.atan2(torch.sin(angle), torch.cos(angle))  # wrap to [-pi, pi]
    qvel = torch.cat((state.torso.lin_vel, state.torso.ang_vel), dim=1)

    min_z, max_z = healthy_z_range
    min_angle, max_angle = healthy_angle_range
    min_state, max_state = healthy_state_range

    healthy_state = torch.all((min_state < qvel) & (qvel < max_state), dim=-1)
    healthy_z = (min_z < z) & (z < max_z)
    healthy_angle = (min_angle < angle) & (angle < max_angle)
    return healthy_state & healthy_z & healthy_angle


def compute_reward(state, action, prev):
    x_position_before = prev.torso.pos[:, 0]
    x_position_after = state.torso.pos[:, 0]
    x_velocity = (x_position_after - x_position_before) / dt

    ctrl_cost = control_cost(action)
    forward_reward = forward_reward_weight * x_velocity.clamp(-1.0, 4.0)
    healthy = is_healthy(state)

    # unhealthy: half of the pay, and a cost
    forward_reward = torch.where(healthy, forward_reward, 0.5 * forward_reward.clamp(max=1.0))
    unhealthy_cost = (~healthy).type_as(forward_reward)

    return {
        "reward_forward": 0.6 * forward_reward,
        "reward_ctrl": -ctrl_cost,
        "reward_unhealthy": -0.3 * unhealthy_cost,
    }
