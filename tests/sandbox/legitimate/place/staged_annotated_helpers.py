"""Claude style: typed helpers, module constants, soft stages gated by grasp and lift."""
import torch

TIP_DROP: float = 0.045
PUCK_RADIUS: float = 0.02
PUCK_OPENNESS: float = 2.0 * PUCK_RADIUS / 0.1   # gap that just holds the puck
GOAL_TOL: float = 0.05


def fingertip(ee_pos: torch.Tensor) -> torch.Tensor:
    return ee_pos - ee_pos.new_tensor([0.0, 0.0, TIP_DROP])


def distance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return torch.linalg.norm(a - b, dim=-1)


def closeness(d: torch.Tensor, scale: float = 0.1) -> torch.Tensor:
    """1 at zero distance, falling to 0 far away."""
    return 1.0 - torch.tanh(d / scale)


def grasp_quality(tip_dist: torch.Tensor, openness: torch.Tensor) -> torch.Tensor:
    near = torch.sigmoid((0.025 - tip_dist) / 0.005)
    closed = torch.exp(-torch.abs(openness - PUCK_OPENNESS) / 0.15)
    return near * closed


def compute_reward(state, action, prev):
    tip = fingertip(state.robot.ee_pos)
    puck = state.puck.pos
    goal = state.goal.pos

    d_tip = distance(tip, puck)
    d_goal = distance(puck, goal)

    reach = closeness(d_tip, 0.15)
    grasp = grasp_quality(d_tip, state.robot.gripper_openness)

    # Height above the table, saturating at 10 cm (→ no pay for going higher)
    lift = ((puck[:, 2] - PUCK_RADIUS) / 0.10).clamp(0.0, 1.0)
    at_goal = (d_goal < GOAL_TOL).float()

    lifted = torch.maximum(grasp * lift, at_goal)
    carry = torch.maximum(grasp, at_goal) * closeness(d_goal, 0.25)

    return {
        "reach": 0.3 * reach,
        "grasp": 0.4 * grasp,
        "lift": 0.8 * lifted,
        "carry": 1.5 * carry,
        "at_goal": 2.0 * at_goal,
    }
