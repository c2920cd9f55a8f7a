"""Port of dm_control's hop task: rewards.tolerance rewritten for torch with several sigmoid kinds."""
import math

import torch

_STAND_HEIGHT = 0.6
_HOP_SPEED = 4.0
_DEFAULT_VALUE_AT_MARGIN = 0.1


def _sigmoid(x: torch.Tensor, value_at_1: float, kind: str) -> torch.Tensor:
    """Returns 1 when `x` == 0, between 0 and 1 otherwise."""
    if kind == "gaussian":
        scale = math.sqrt(-2 * math.log(value_at_1))
        return torch.exp(-0.5 * (x * scale) ** 2)
    elif kind == "linear":
        scale = 1 - value_at_1
        scaled_x = x * scale
        return torch.where(torch.abs(scaled_x) < 1, 1 - scaled_x, torch.zeros_like(scaled_x))
    elif kind == "quadratic":
        scale = math.sqrt(1 - value_at_1)
        scaled_x = x * scale
        return torch.where(torch.abs(scaled_x) < 1, 1 - scaled_x**2, torch.zeros_like(scaled_x))
    elif kind == "long_tail":
        scale = math.sqrt(1 / value_at_1 - 1)
        return 1 / ((x * scale) ** 2 + 1)
    return 0 * x


def tolerance(
    x: torch.Tensor,
    bounds: tuple = (0.0, 0.0),
    margin: float = 0.0,
    sigmoid: str = "gaussian",
    value_at_margin: float = _DEFAULT_VALUE_AT_MARGIN,
) -> torch.Tensor:
    """Returns 1 when `x` falls inside the bounds, between 0 and 1 otherwise."""
    lower, upper = bounds
    in_bounds = torch.logical_and(lower <= x, x <= upper)
    if margin == 0:
        return torch.where(in_bounds, 1.0, 0.0)
    d = torch.where(x < lower, lower - x, x - upper) / margin
    return torch.where(in_bounds, torch.ones_like(x), _sigmoid(d, value_at_margin, sigmoid))


def compute_reward(state, action, prev):
    # physics.height(): torso relative to the foot
    height = state.torso.pos[..., 2] - state.foot.pos[..., 2]
    speed = state.torso.lin_vel[..., 0]

    standing = tolerance(height, (_STAND_HEIGHT, 2.0))
    hopping = tolerance(
        speed,
        bounds=(_HOP_SPEED, float("inf")),
        margin=_HOP_SPEED / 2,
        value_at_margin=0.5,
        sigmoid="linear",
    )
    slow = tolerance(speed, bounds=(_HOP_SPEED, float("inf")), margin=_HOP_SPEED, sigmoid="long_tail") - 0.1
    small_control = tolerance(action, margin=1.0, value_at_margin=0.0001, sigmoid="quadratic").mean(dim=-1)
    small_control = (small_control + 4) / 5
    upright = tolerance(1 - state.torso.up[..., 2], bounds=(0.0, 0.1), margin=0.9, sigmoid="gaussian")

    return {
        "hop": 1.5 * standing * hopping * small_control,
        "approach_speed": standing * upright * slow.clamp(-0.2, 0.9),
    }
