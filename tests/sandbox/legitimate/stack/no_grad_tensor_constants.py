"""Everything inside torch.no_grad(), constants made with torch.tensor(dtype=, device=) of an input, shapes spelled out."""
import torch


def compute_reward(state, action, prev):
    with torch.no_grad():
        device = state.red.pos.device
        dtype = state.red.pos.dtype
        batch_size = action.shape[0]

        UP = torch.tensor([[0.0, 0.0, 1.0]], dtype=dtype, device=device)
        stack_height = torch.tensor(0.04, dtype=dtype, device=device)
        weights = torch.tensor([1.0, 1.0, 2.0], dtype=dtype, device=device)
        ones = torch.ones(batch_size, dtype=dtype, device=device)
        zeros = torch.zeros(batch_size, dtype=dtype, device=device)

        goal = state.green.pos + stack_height * UP.expand(batch_size, 3)
        weighted_error = (state.red.pos - goal) * weights[None, :]
        placement_distance = torch.sqrt(torch.sum(weighted_error ** 2, dim=-1))

        # hover 10 cm above the red cube is not wanted: straight to the centre
        reach_distance = torch.sqrt(torch.sum((state.robot.ee_pos - state.red.pos) ** 2, dim=-1))
        reach_reward = torch.exp(-5.0 * reach_distance)

        holding = torch.where(state.robot.is_grasping_red, ones, zeros)
        placed = torch.where(placement_distance < 0.02, ones, zeros)
        holding_or_placed = torch.maximum(holding, placed)

        place_reward = holding_or_placed * torch.exp(-5.0 * placement_distance)

        open_fraction = torch.clamp(state.robot.gripper_width / 0.08, min=0.0, max=1.0)
        release_reward = placed * (ones - holding) * (0.5 + 0.5 * open_fraction)

        joint_speed = torch.clamp(torch.norm(state.robot.joint_vel, dim=-1), max=5.0)
        smooth_penalty = -0.01 * joint_speed

        rewards = {
            "reach_reward": 0.4 * reach_reward,
            "hold_reward": 0.4 * holding_or_placed,
            "place_reward": 1.0 * place_reward,
            "release_reward": 2.0 * release_reward,
            "smooth_penalty": smooth_penalty,
        }
    return rewards
