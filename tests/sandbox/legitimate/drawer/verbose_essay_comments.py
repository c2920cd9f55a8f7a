"""Very verbose: multi-paragraph docstring, banner comments with arrows and ≤ signs, every number named."""
import math

import torch

# =============================================================================
#  Geometry
# =============================================================================
FINGERTIP_DROP_M = 0.045          # hand → fingertip midpoint, straight down
GRIPPER_MAX_GAP_M = 0.1           # openness 1.0 ↔ 0.1 m

# =============================================================================
#  Length scales: reward falls to ½ at these distances
# =============================================================================
REACH_HALF_LIFE_M = 0.12
OPEN_HALF_LIFE_M = 0.08
LN2 = math.log(2.0)

# =============================================================================
#  Weights (sum ≤ 5 per step)
# =============================================================================
W_REACH = 0.75
W_OPEN = 2.5
W_DONE = 1.5
W_EFFORT = 0.02


def _half_life_decay(distance: torch.Tensor, half_life: float) -> torch.Tensor:
    """
    Exponential decay of a non-negative distance.

    Parameters
    ----------
    distance : torch.Tensor, shape (B,)
        A distance in metres.
    half_life : float
        The distance (in metres) at which the value is exactly one half.

    Returns
    -------
    torch.Tensor, shape (B,)
        A number in (0, 1]; equals 1 iff ``distance == 0``.
    """
    return torch.exp(-LN2 * distance / half_life)


def compute_reward(state, action, prev):
    """
    Reward for opening a drawer by its handle.

    The design follows three ideas:

    1. *Reach*: the fingertip midpoint should be at the handle.  This is dense, so a random
       policy gets a slope to climb from the very first step.
    2. *Open*: the handle should be where it is when the drawer is open.  This uses the plain
       distance handle → goal, thus going past the goal pays less, not more.
    3. *Done*: a bonus when the handle is within 2.5 cm of the goal.

    A later stage always pays more than an earlier one: W_DONE + W_OPEN > W_REACH.
    """
    # -------------------------------------------------------------------------
    # 1. Reach
    # -------------------------------------------------------------------------
    hand = state.robot.ee_pos                                             # (B, 3)
    fingertip_x = hand[:, 0]
    fingertip_y = hand[:, 1]
    fingertip_z = hand[:, 2] - FINGERTIP_DROP_M
    fingertip = torch.stack((fingertip_x, fingertip_y, fingertip_z), dim=-1)  # (B, 3)

    distance_to_handle = torch.linalg.norm(fingertip - state.handle.pos, dim=-1)
    reach = W_REACH * _half_life_decay(distance_to_handle, REACH_HALF_LIFE_M)

    # -------------------------------------------------------------------------
    # 2. Open — note: no gate here; the drawer can only move if something pulls it
    # -------------------------------------------------------------------------
    distance_to_goal = torch.linalg.norm(state.handle.pos - state.goal.pos, dim=-1)
    opened = W_OPEN * _half_life_decay(distance_to_goal, OPEN_HALF_LIFE_M)

    # -------------------------------------------------------------------------
    # 3. Done (≤ 2.5 cm)
    # -------------------------------------------------------------------------
    done = W_DONE * (distance_to_goal <= 0.025).to(torch.float32)

    # -------------------------------------------------------------------------
    # 4. A tiny price on effort, so that the arm doesn't flail about
    # -------------------------------------------------------------------------
    effort = -W_EFFORT * torch.mean(torch.square(action), dim=-1)

    return {
        "reach_handle": reach,
        "drawer_opened": opened,
        "drawer_done": done,
        "effort": effort,
    }
