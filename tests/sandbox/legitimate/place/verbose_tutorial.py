"""Tutorial-like GPT answer: numbered sections, Unicode in comments, an explanation of each constant."""

import torch
import math

# ── Constants ────────────────────────────────────────────────────────────────
HAND_TO_TIP = 0.045                        # m, from the task description
PUCK_RADIUS = 0.02                         # m
FULL_GAP = 0.1                             # m, at openness = 1
GRASP_OPENNESS = 2 * PUCK_RADIUS / FULL_GAP  # = 0.4: fingers just touch the puck
SUCCESS_RADIUS = 0.05                      # m (a guess; tight ⇒ safer)
SIGMA_REACH = 0.08                         # σ of the fine reach kernel
CONST = {
    "reach": 0.4,   # ≤ 0.4 per step
    "close": 0.3,   # ≤ 0.3 per step
    "lift": 0.8,    # ≤ 0.8 per step
    "place": 2.0,   # ≤ 2.0 per step
    "success": 1.5, # ≤ 1.5 per step
}


def compute_reward(state, action, prev):
    """
    Pick-and-place reward.

    Args:
        state:  fields after the step (batched, leading dimension B)
        action: (B, 4) in [-1, 1]; not used here except for a small regulariser
        prev:   fields before the step

    Returns:
        A dictionary of named (B,) float32 terms.

    Notes:
        * reach → close → lift → place → success: each builds on the one before.
        * "lift" saturates, so the puck gains nothing from flying to the ceiling.
        * All kernels are in [0, 1], therefore Σ ≤ 5.
    """
    # ── 1. Read what we need ────────────────────────────────────────────────
    hand_pos = state.robot.ee_pos
    openness = state.robot.gripper_openness
    puck_pos = state.puck.pos
    goal_pos = state.goal.pos

    # ── 2. Where's the point between the fingertips? ────────────────────────
    tip_offset = torch.tensor([0.0, 0.0, HAND_TO_TIP], dtype=hand_pos.dtype, device=hand_pos.device)
    tip_pos = hand_pos - tip_offset.unsqueeze(0).expand_as(hand_pos)

    # ── 3. Distances (m) ────────────────────────────────────────────────────
    tip_to_puck = torch.linalg.norm(puck_pos - tip_pos, dim=-1)
    puck_to_goal = torch.linalg.norm(goal_pos - puck_pos, dim=-1)

    # ── 4. Reach: coarse (wide) + fine (narrow) ─────────────────────────────
    coarse = 1.0 / (1.0 + 5.0 * tip_to_puck)
    fine = torch.exp(-(tip_to_puck ** 2) / (2.0 * SIGMA_REACH ** 2))
    reach = 0.5 * coarse + 0.5 * fine

    # ── 5. Close: open fingers when far, fingers at ≈ 0.4 when near ─────────
    is_near = torch.sigmoid((0.03 - tip_to_puck) * 200.0)
    finger_error = torch.abs(openness - GRASP_OPENNESS)
    finger_fit = torch.cos(0.5 * math.pi * torch.clamp(finger_error, 0.0, 1.0))
    close = is_near * finger_fit

    # ── 6. Lift: from 0 at the table to 1 at the goal's height ──────────────
    height_span = torch.clamp(goal_pos[:, 2] - PUCK_RADIUS, min=0.05)
    height_fraction = torch.clamp((puck_pos[:, 2] - PUCK_RADIUS) / height_span, min=0.0, max=1.0)
    lift = height_fraction * is_near

    # ── 7. Place ────────────────────────────────────────────────────────────
    place = torch.exp(-6.0 * puck_to_goal)

    # ── 8. Success ──────────────────────────────────────────────────────────
    success = (puck_to_goal <= SUCCESS_RADIUS).float()
    lift = torch.maximum(lift, success)      # don't punish letting go at the goal

    # ── 9. Put it together ──────────────────────────────────────────────────
    return {
        "reach": CONST["reach"] * torch.maximum(reach, success),
        "close": CONST["close"] * torch.maximum(close, success),
        "lift": CONST["lift"] * lift,
        "place": CONST["place"] * place,
        "success": CONST["success"] * success,
        "regulariser": -0.005 * torch.sum(action ** 2, dim=-1),
    }
