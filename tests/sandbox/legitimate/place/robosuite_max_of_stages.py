"""robosuite-style staged_rewards: the best of the stages via torch.max over a stacked axis."""
import torch

REACH_MULT, GRASP_MULT, LIFT_MULT, HOVER_MULT = 0.1, 0.35, 0.5, 0.7


def staged_rewards(state):
    """Returns the (B, 4) stages; each is worth more than the one before."""
    eef = state.robot.ee_pos
    puck = state.puck.pos
    goal = state.goal.pos
    grip_site = torch.stack([eef[:, 0], eef[:, 1], eef[:, 2] - 0.045], dim=1)

    # reaching
    dist = torch.norm(grip_site - puck, dim=1)
    r_reach = (1 - torch.tanh(10.0 * dist)) * REACH_MULT

    # grasping
    is_grasping = torch.logical_and(dist < 0.025, state.robot.gripper_openness < 0.6)
    r_grasp = is_grasping.float() * GRASP_MULT

    # lifting
    z_target = goal[:, 2] + 0.05
    z_dist = torch.clamp(z_target - puck[:, 2], min=0.0)
    r_lift = torch.where(
        is_grasping,
        GRASP_MULT + (1 - torch.tanh(15.0 * z_dist)) * (LIFT_MULT - GRASP_MULT),
        torch.zeros_like(r_grasp),
    )

    # hover
    xy_dist = torch.norm(goal[:, :2] - puck[:, :2], dim=1)
    above = torch.abs(z_dist) < 0.1
    r_hover = torch.where(
        is_grasping & above,
        LIFT_MULT + (1 - torch.tanh(10.0 * xy_dist)) * (HOVER_MULT - LIFT_MULT),
        torch.zeros_like(r_lift),
    )
    return torch.stack([r_reach, r_grasp, r_lift, r_hover], dim=1)


def compute_reward(state, action, prev):
    stages = staged_rewards(state)
    best = torch.max(stages, dim=1)[0]
    dist = torch.norm(state.puck.pos - state.goal.pos, dim=-1)
    in_place = (dist < 0.04).float()
    # once placed, the stage reward can't be lost by letting go
    best = torch.where(in_place > 0.5, torch.full_like(best, HOVER_MULT), best)
    return {
        "staged": 2.0 * best,
        "puck_to_goal": 0.5 * (1 - torch.tanh(5.0 * dist)),
        "in_place": 2.0 * in_place,
    }
