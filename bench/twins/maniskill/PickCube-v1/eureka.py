import torch


def compute_reward(
    robot_ee_pos: torch.Tensor,
    robot_gripper_width: torch.Tensor,
    robot_joint_vel: torch.Tensor,
    is_grasping_cube: torch.Tensor,
    cube_pos: torch.Tensor,
    goal_pos: torch.Tensor,
    cube_half_size: float,
    gripper_width_open: float,
):
    held = is_grasping_cube.float()
    reach = 1 - torch.tanh(5 * torch.norm(robot_ee_pos - cube_pos, dim=-1))
    place = held * (1 - torch.tanh(5 * torch.norm(cube_pos - goal_pos, dim=-1)))
    opened = 0.2 * robot_gripper_width / gripper_width_open * (1 - held)
    low = -torch.relu(cube_half_size - cube_pos[:, 2])
    still = -0.01 * torch.norm(robot_joint_vel, dim=-1)
    return reach + held + place + opened + low + still, {"reach": reach, "held": held, "place": place}
