import torch


def compute_reward(state, action, prev):
    to_cube = torch.linalg.norm(state.robot.ee_pos - state.cube.pos, dim=-1)
    to_goal = torch.linalg.norm(state.cube.pos - state.goal.pos, dim=-1)
    held = state.robot.is_grasping_cube.float()
    open_wide = state.robot.gripper_width / 0.08
    return {
        "reach": 1 - torch.tanh(5 * to_cube),
        "open": 0.2 * open_wide * (1 - held),
        "grasp": held,
        "place": held * (1 - torch.tanh(5 * to_goal)),
        "low": -torch.relu(0.02 - state.cube.pos[:, 2]),
        "still": -0.01 * torch.linalg.norm(state.robot.joint_vel, dim=-1),
    }
