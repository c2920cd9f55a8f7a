"""Functional flavour: names zipped with stage values and weights, lambdas, list and dict comprehensions, product gates."""
import torch

NAMES = ("reach", "grasp", "raise", "transport", "deliver")
COEFFS = [0.3, 0.4, 0.6, 1.2, 2.0]

soft_less = lambda x, limit, width=0.01: torch.sigmoid((limit - x) / width)
length = lambda v: v.norm(dim=-1)


def compute_reward(state, action, prev):
    tip = state.robot.ee_pos + torch.tensor([[0.0, 0.0, -0.045]], device=action.device)
    reach_d = length(tip - state.puck.pos)
    goal_d = length(state.puck.pos - state.goal.pos)
    gap = state.robot.gripper_openness

    in_hand = soft_less(reach_d, 0.03, width=0.005) * soft_less(gap, 0.6, width=0.05)
    in_air = 1.0 - soft_less(state.puck.pos[:, 2], 0.06)
    delivered = soft_less(goal_d, 0.05)

    values = [
        1.0 - torch.tanh(4.0 * reach_d),
        in_hand,
        in_hand * in_air,
        torch.prod(torch.stack([in_hand, in_air, torch.exp(-3.0 * goal_d)], dim=-1), dim=-1),
        delivered,
    ]
    # earlier stages count as done once the puck is delivered
    values = [v + (1.0 - v) * delivered for v in values]
    return {name: c * v for name, c, v in zip(NAMES, COEFFS, values)}
