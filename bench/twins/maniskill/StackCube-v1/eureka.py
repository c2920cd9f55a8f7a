import torch


def compute_reward(
    robot_ee_pos: torch.Tensor,
    robot_is_grasping_cube_a: torch.Tensor,
    cube_a_pos: torch.Tensor,
    cube_a_rot: torch.Tensor,
    cube_a_linvel: torch.Tensor,
    cube_a_angvel: torch.Tensor,
    cube_b_pos: torch.Tensor,
):
    up_axis = torch.zeros_like(cube_a_pos)
    up_axis[:, 2] = 1.0
    upright = quat_rotate(cube_a_rot, up_axis)[:, 2]  # noqa: F821 - Isaac Gym's, at hand without an import

    target = cube_b_pos + 0.04 * up_axis
    offset = torch.norm(cube_a_pos - target, dim=-1)
    reach = 1 - torch.tanh(5 * torch.norm(robot_ee_pos - cube_a_pos, dim=-1))
    zero = torch.zeros_like(offset)
    stack = torch.where(robot_is_grasping_cube_a, 1 + 2 * (1 - torch.tanh(5 * offset)), zero)
    slow = (torch.norm(cube_a_linvel, dim=-1) <= 1e-2) & (torch.norm(cube_a_angvel, dim=-1) <= 1e-1)
    let_go = torch.where(~robot_is_grasping_cube_a & slow & (offset < 0.02), 5.0 + zero, zero)
    total = reach + stack + let_go + 0.1 * upright
    return total, {"reach": reach, "stack": stack, "let_go": let_go, "upright": 0.1 * upright}
