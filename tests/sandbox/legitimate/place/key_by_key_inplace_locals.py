"""Starts from torch.zeros(B), assigns masked entries of local tensors and accumulates with +=, *= key by key."""
import torch


def compute_reward(state, action, prev):
    B = action.shape[0]
    device = action.device

    tip = state.robot.ee_pos.clone()
    tip[:, 2] -= 0.045
    puck = state.puck.pos
    goal = state.goal.pos

    reach_dist = torch.norm(tip - puck, dim=-1)
    goal_dist = torch.norm(puck - goal, dim=-1)
    near = reach_dist < 0.03
    closed = state.robot.gripper_openness < 0.6
    solved = goal_dist < 0.05

    reward_dict = {}

    # 1) reach
    reach = torch.zeros(B, dtype=torch.float32, device=device)
    reach += torch.exp(-3.0 * reach_dist)
    reach += torch.exp(-15.0 * reach_dist)
    reach *= 0.25
    reward_dict["reach"] = reach

    # 2) grasp: want the fingers open on the way and closed at the puck
    grasp = torch.zeros_like(reach)
    grasp[near & closed] = 0.4
    grasp[solved] = 0.4
    reward_dict["grasp"] = grasp

    # 3) lift
    lift = (puck[:, 2] - 0.02).clamp(min=0.0, max=0.12) / 0.12
    lift = torch.where(near & closed, lift, torch.zeros(B, device=device))
    lift = lift.masked_fill(solved, 1.0)
    lift *= 0.8
    reward_dict["lift"] = lift

    # 4) place
    place = 1.0 - torch.tanh(3.0 * goal_dist)
    place += (1.0 - torch.tanh(15.0 * goal_dist))
    reward_dict["place"] = place

    # 5) success
    success = torch.ones(B, device=device) * solved
    reward_dict["success"] = success * 1.5

    # 6) small penalty for large actions
    penalty = torch.sum(action[:, :3] ** 2, dim=-1)
    penalty *= -0.01
    reward_dict["action_penalty"] = penalty

    return reward_dict
