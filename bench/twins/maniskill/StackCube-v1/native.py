import torch


def compute_reward(state, action, prev):
    to_a = torch.linalg.norm(state.robot.ee_pos - state.cube_a.pos, dim=-1)
    above = state.cube_b.pos + torch.tensor([0.0, 0.0, 0.04], device=action.device)
    offset = torch.linalg.norm(state.cube_a.pos - above, dim=-1)
    held = state.robot.is_grasping_cube_a
    slow = torch.linalg.norm(state.cube_a.vel, dim=-1) <= 1e-2
    slow = slow & (torch.linalg.norm(state.cube_a.angular_vel, dim=-1) <= 1e-1)
    w, x, y, z = state.cube_a.quat.unbind(dim=-1)
    upright = 1 - 2 * (x**2 + y**2)
    return {
        "reach": 1 - torch.tanh(5 * to_a),
        "stack": torch.where(held, 1 + 2 * (1 - torch.tanh(5 * offset)), torch.zeros_like(offset)),
        "let_go": torch.where(~held & slow & (offset < 0.02), 5.0, 0.0),
        "upright": 0.1 * upright,
    }
