"""Eureka style: a temperature variable per component, exp / tanh transforms, typed signature."""
import torch
import math


def compute_reward(state, action: torch.Tensor, prev) -> dict[str, torch.Tensor]:
    # Unpack what we need
    torso_velocity = state.torso.lin_vel
    torso_up = state.torso.up
    torso_position = state.torso.pos

    # Temperature parameters for the transformed reward components
    velocity_temp: float = 2.5
    upright_temp: float = 0.15
    height_temp: float = 0.1
    action_temp: float = 0.5

    # 1. Forward velocity reward, only positive motion is paid
    forward_velocity = torso_velocity[:, 0]
    velocity_reward = torch.tanh(torch.clamp(forward_velocity, min=0.0) / velocity_temp)

    # 2. Upright factor, in (0, 1]
    upright_error = 1.0 - torso_up[:, 2]
    upright_reward = torch.exp(-upright_error.clamp(min=0.0) / upright_temp)

    # 3. Height factor: nominal height ≈ 1.2 m
    target_height = 1.2
    height_error = torch.abs(torso_position[:, 2] - target_height)
    height_reward = torch.exp(-torch.square(height_error) / height_temp)

    # 4. Action smoothness, expressed as a penalty in [-0.1, 0)
    action_cost = torch.sum(action**2, dim=-1) / action.shape[-1]
    action_penalty = -0.1 * (1.0 - torch.exp(-action_cost / action_temp))

    # Posture is paid only in proportion to the progress made
    reward_components = {
        "velocity_reward": 2.0 * velocity_reward,
        "upright_reward": 0.5 * upright_reward * velocity_reward,
        "height_reward": 0.5 * height_reward * velocity_reward,
        "action_penalty": action_penalty,
    }
    return reward_components
