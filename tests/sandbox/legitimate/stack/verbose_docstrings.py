"""Verbose assistant: typed helpers, long docstrings, a paragraph of reasoning per stage."""
import math

import torch

# ----------------------------------------------------------------------------------------------------------------------
# Geometry of the scene (all in metres)
# ----------------------------------------------------------------------------------------------------------------------
CUBE_EDGE: float = 0.04
CUBE_HALF: float = CUBE_EDGE / 2.0
XY_TOLERANCE: float = math.sqrt(2.0) * CUBE_HALF * 0.5
Z_TOLERANCE: float = 0.005
OPEN_WIDTH: float = 0.08


def distance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Euclidean distance between two batches of points.

    Args:
        a: Points of shape (B, D).
        b: Points of shape (B, D).

    Returns:
        Distances of shape (B,).
    """
    return torch.linalg.norm(a - b, dim=-1)


def shaped(d: torch.Tensor, scale: float = 5.0) -> torch.Tensor:
    """Maps a distance to a score between 0 (far away) and 1 (at the target).

    The hyperbolic tangent saturates for large distances, so that outliers never dominate the sum,
    while it is almost linear in the neighbourhood of zero, where the policy needs a useful gradient.

    Args:
        d: Distances of shape (B,), not negative.
        scale: How quickly the score falls. A larger value makes a narrower funnel.

    Returns:
        Scores of shape (B,).
    """
    return 1.0 - torch.tanh(scale * d)


def compute_reward(state, action: torch.Tensor, prev) -> dict[str, torch.Tensor]:
    """Computes the reward for stacking the red cube on the green cube.

    The reward is made of four stages:

        1. Reaching: bring the point between the fingertips to the red cube.
        2. Grasping: close the fingers around it.
        3. Placing: carry it above the green cube and lower it.
        4. Releasing: open the fingers, while the red cube stays where it is.

    Each stage is worth more than everything before it. In particular, the releasing stage keeps paying
    what the grasping stage paid, since otherwise the policy would hold on to the cube forever.
    """
    # ---------------------------------------------------------------- unpack
    ee_pos = state.robot.ee_pos
    red_pos = state.red.pos
    green_pos = state.green.pos
    gripper_width = state.robot.gripper_width
    grasped = state.robot.is_grasping_red

    # ---------------------------------------------------------------- where should the red cube go?
    offset = torch.zeros_like(green_pos)
    offset[:, 2] = CUBE_EDGE
    goal_pos = green_pos + offset

    # ---------------------------------------------------------------- stage 1: reaching
    reach_score = shaped(distance(ee_pos, red_pos))

    # ---------------------------------------------------------------- stage 2: grasping
    # The cube counts as "stacked" when its centre is within tolerance of the goal. From then on
    # the policy no longer needs to hold it.
    xy_error = distance(red_pos[:, :2], goal_pos[:, :2])
    z_error = torch.abs(red_pos[:, 2] - goal_pos[:, 2])
    stacked = (xy_error <= XY_TOLERANCE) & (z_error <= Z_TOLERANCE)
    grasp_score = (grasped | stacked).float()

    # ---------------------------------------------------------------- stage 3: placing
    place_score = shaped(distance(red_pos, goal_pos), scale=4.0) * grasp_score

    # ---------------------------------------------------------------- stage 4: releasing
    opening = torch.clamp(gripper_width / OPEN_WIDTH, min=0.0, max=1.0)
    speed = torch.linalg.norm(state.red.lin_vel, dim=-1)
    stillness = shaped(speed, scale=10.0)
    let_go = (~grasped).float()
    release_score = stacked.float() * (0.4 * opening + 0.3 * let_go + 0.3 * let_go * stillness)

    # ---------------------------------------------------------------- regularisation
    effort = torch.mean(torch.square(action), dim=-1)

    return {
        "reaching": 0.3 * reach_score,
        "grasping": 0.4 * grasp_score,
        "placing": 0.9 * place_score,
        "releasing": 1.6 * release_score,
        "effort_penalty": -0.01 * effort,
    }
