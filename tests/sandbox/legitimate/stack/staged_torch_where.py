"""Nested torch.where stages that overwrite each other, as in hand-written benchmark rewards."""
import torch


def compute_reward(state, action, prev):
    # stage 1: reach
    tcp_to_obj = torch.linalg.norm(state.robot.ee_pos - state.red.pos, axis=-1)
    reward = 2 * (1 - torch.tanh(5 * tcp_to_obj))

    # stage 2: grasp and bring
    goal = torch.cat([state.green.pos[:, :2], state.green.pos[:, 2:3] + 0.04], dim=-1)
    obj_to_goal = torch.linalg.norm(goal - state.red.pos, axis=-1)
    place_reward = 1 - torch.tanh(5.0 * obj_to_goal)
    grasped = state.robot.is_grasping_red
    reward = torch.where(grasped, 4 + place_reward, reward)

    # stage 3: open the gripper while on top
    offset = state.red.pos - state.green.pos
    xy_flag = torch.linalg.norm(offset[..., :2], axis=-1) <= 0.02 + 0.005
    z_flag = torch.abs(offset[..., 2] - 0.04) <= 0.005
    on_top = xy_flag & z_flag
    ungrasp = torch.where(grasped, state.robot.gripper_width / 0.08, torch.ones_like(reward))
    ungrasp = ungrasp.clamp(max=1.0)
    v = torch.linalg.norm(state.red.lin_vel, axis=-1)
    static_reward = 1 - torch.tanh(v * 10)
    reward = torch.where(on_top, 6 + (ungrasp + static_reward) / 2.0, reward)

    # stage 4: success
    success = on_top & (~grasped) & (v < 0.05)
    reward = torch.where(success, torch.full_like(reward, 8.0), reward)

    return {"staged": reward / 4.0}
