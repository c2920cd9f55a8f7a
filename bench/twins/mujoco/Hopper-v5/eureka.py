import torch


def compute_reward(
    torso_pos: torch.Tensor,
    torso_lin_vel: torch.Tensor,
    torso_pitch: torch.Tensor,
    thigh_joint_vel: torch.Tensor,
    leg_joint_vel: torch.Tensor,
    actions: torch.Tensor,
):
    forward = torch.clamp(torso_lin_vel[:, 0], -1.0, 2.0)
    upright = ((torso_pos[:, 2] > 0.8) & (torch.abs(torso_pitch) < 0.8)).float()
    effort = -0.02 * torch.sum(actions**2, dim=-1)
    joints = -0.01 * torch.clamp(torch.abs(thigh_joint_vel) + torch.abs(leg_joint_vel), max=10.0)
    return forward + upright + effort + joints, {"forward": forward, "upright": upright, "effort": effort}
