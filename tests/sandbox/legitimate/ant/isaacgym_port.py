"""Isaac Gym Ant port: up_proj / heading_proj, quaternion helpers with cross products, weight constants."""
import torch
import torch.nn.functional as F

heading_weight = 0.5
up_weight = 0.1
actions_cost_scale = 0.005
energy_cost_scale = 0.05
joints_at_limit_cost_scale = 0.1
death_cost = -1.0
termination_height = 0.31


def normalize(x: torch.Tensor, eps: float = 1e-9) -> torch.Tensor:
    return x / x.norm(p=2, dim=-1).clamp(min=eps, max=None).unsqueeze(-1)


def quat_rotate(q: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    # wxyz here, Isaac Gym uses xyzw
    shape = q.shape
    q_w = q[:, 0]
    q_vec = q[:, 1:]
    a = v * (2.0 * q_w**2 - 1.0).unsqueeze(-1)
    b = torch.cross(q_vec, v, dim=-1) * q_w.unsqueeze(-1) * 2.0
    c = q_vec * torch.bmm(q_vec.view(shape[0], 1, 3), v.view(shape[0], 3, 1)).squeeze(-1) * 2.0
    return a + b + c


def compute_reward(state, action, prev):
    num_envs = action.shape[0]
    basis_vec0 = torch.tensor([1.0, 0.0, 0.0], device=action.device).repeat((num_envs, 1))
    target_dirs = basis_vec0.clone()

    torso_quat = normalize(state.torso.quat)
    heading_vec = quat_rotate(torso_quat, basis_vec0).view(num_envs, 3)
    heading_proj = torch.bmm(heading_vec.view(num_envs, 1, 3), target_dirs.view(num_envs, 3, 1)).view(num_envs)
    up_proj = state.torso.up[:, 2]

    # progress towards +x
    progress = torch.clamp(state.torso.lin_vel[:, 0], -1.0, 1.5)
    moving = torch.clamp(progress, 0.0, 1.0)

    heading_reward = torch.where(heading_proj > 0.8, torch.ones_like(heading_proj) * heading_weight,
                                 heading_weight * heading_proj / 0.8)
    up_reward = torch.zeros_like(heading_reward)
    up_reward = torch.where(up_proj > 0.93, up_reward + up_weight, up_reward)

    # energy penalty for movement (front left leg is free to move)
    actions_cost = torch.sum(action[:, 2:] ** 2, dim=-1)
    electricity_cost = torch.sum(torch.abs(action[:, 2:] * state.joints.vels[:, 2:]), dim=-1)

    # waving: front left foot in the air and its hip swinging
    foot_height = state.feet.pos[:, 0, 2] - state.torso.pos[:, 2]
    lifted = torch.clamp((foot_height + 0.5) / 0.6, 0.0, 1.0)
    swing = torch.clamp(torch.abs(state.joints.vels[:, 0]) / 5.0, 0.0, 1.0)
    wave_reward = lifted * (0.3 + 0.7 * swing) * moving

    low = state.torso.pos[:, 2] < termination_height
    fallen = torch.where(low, torch.ones_like(progress) * death_cost, torch.zeros_like(progress))

    return {
        "progress_reward": progress,
        "heading_reward": heading_reward.clamp(-0.5, 0.5) * moving,
        "up_reward": up_reward * moving,
        "wave_reward": 1.5 * wave_reward,
        "actions_cost": -actions_cost_scale * actions_cost,
        "energy_cost": -energy_cost_scale * electricity_cost.clamp(max=5.0),
        "death_cost": fallen,
    }
