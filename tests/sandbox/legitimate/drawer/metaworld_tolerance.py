"""Port of the dm_control/Meta-World tolerance function and Hamacher product to batched torch."""
import torch

_DEFAULT_VALUE_AT_MARGIN = 0.1


def _long_tail(x: torch.Tensor, value_at_1: float) -> torch.Tensor:
    scale = (1.0 / value_at_1 - 1.0) ** 0.5
    return 1.0 / ((x * scale) ** 2 + 1.0)


def tolerance(x, bounds=(0.0, 0.0), margin=0.0, value_at_margin=_DEFAULT_VALUE_AT_MARGIN):
    """1 when x is inside the bounds, decreasing with a long tail outside."""
    lower, upper = bounds
    in_bounds = torch.logical_and(lower <= x, x <= upper)
    if margin == 0:
        return torch.where(in_bounds, torch.ones_like(x), torch.zeros_like(x))
    d = torch.where(x < lower, lower - x, x - upper) / margin
    return torch.where(in_bounds, torch.ones_like(x), _long_tail(d, value_at_margin))


def hamacher_product(a, b):
    denominator = a + b - a * b
    safe = torch.where(denominator > 1e-6, denominator, torch.ones_like(denominator))
    return torch.where(denominator > 1e-6, a * b / safe, torch.zeros_like(a))


def compute_reward(state, action, prev):
    gripper = state.robot.ee_pos + torch.tensor([0.0, 0.0, -0.045], device=action.device)
    handle = state.handle.pos
    target = state.goal.pos

    handle_error = torch.linalg.norm(handle - target, dim=-1)
    reward_for_opening = tolerance(
        handle_error, bounds=(0, 0.02), margin=0.2, value_at_margin=0.1
    )

    # emphasise XY error, so that the hand goes above the handle before it goes down
    scale = torch.tensor([3.0, 3.0, 1.0], dtype=torch.float32, device=action.device)
    gripper_error = torch.linalg.norm((handle - gripper) * scale, dim=-1)
    reward_for_caging = tolerance(gripper_error, bounds=(0, 0.01), margin=0.5)

    combined = hamacher_product(reward_for_caging, reward_for_opening)

    return {
        "caging": 0.5 * reward_for_caging,
        "opening": 2.0 * reward_for_opening,
        "combined": combined,
    }
