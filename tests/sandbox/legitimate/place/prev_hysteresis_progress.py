"""Events from prev vs state: first grasp, first lift, drop penalty, progress differences, masks with & | ~."""
import torch

TABLE_CLEARANCE = 0.04


def _observe(s):
    tip = s.robot.ee_pos.clone()
    tip[..., 2] = tip[..., 2] - 0.045
    d_tip = torch.linalg.norm(tip - s.puck.pos, dim=-1)
    d_goal = torch.linalg.norm(s.puck.pos - s.goal.pos, dim=-1)
    held = (d_tip < 0.03) & (s.robot.gripper_openness < 0.65)
    up = s.puck.pos[..., 2] > TABLE_CLEARANCE
    there = d_goal < 0.05
    return d_tip, d_goal, held, up, there


def compute_reward(state, action, prev):
    d_tip, d_goal, held, up, there = _observe(state)
    d_tip0, d_goal0, held0, up0, there0 = _observe(prev)

    lifted = held & up
    lifted0 = held0 & up0

    # events: False → True within this step
    picked = lifted & ~lifted0 & ~there0
    dropped = lifted0 & ~lifted & ~there
    arrived = there & ~there0
    left = there0 & ~there

    move_hand = ((d_tip0 - d_tip) / 0.02).clamp(-1, 1)
    move_puck = ((d_goal0 - d_goal) / 0.02).clamp(-1, 1)
    busy = ~(lifted | there)

    return {
        "hand_progress": 0.2 * move_hand * busy.float(),
        "puck_progress": 0.6 * move_puck * (lifted | lifted0).float(),
        "picked": 1.0 * picked.float(),
        "dropped": -1.0 * dropped.float(),
        "arrived": 2.0 * arrived.float(),
        "left": -2.0 * left.float(),
        "near_hand": 0.2 * torch.exp(-5.0 * d_tip),
        "near_goal": 1.5 * torch.exp(-4.0 * d_goal),
        "hold_lifted": 0.5 * (lifted | there).float(),
    }
