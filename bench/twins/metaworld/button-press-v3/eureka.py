import torch


@torch.jit.script
def compute_reward(
    robot_ee_pos: torch.Tensor,
    robot_gripper_openness: torch.Tensor,
    button_pos: torch.Tensor,
    prev_button_pos: torch.Tensor,
    goal_pos: torch.Tensor,
):
    to_button = torch.norm(robot_ee_pos - button_pos, p=2, dim=-1)
    depth = torch.abs(button_pos[:, 1] - goal_pos[:, 1])
    progress = torch.abs(prev_button_pos[:, 1] - goal_pos[:, 1]) - depth
    press = 2.0 * (1.0 - torch.tanh(15.0 * depth))
    total = -to_button + 0.2 * (1.0 - robot_gripper_openness) + press + 5.0 * progress
    return total, {"distance": to_button, "press": press, "progress": progress}
