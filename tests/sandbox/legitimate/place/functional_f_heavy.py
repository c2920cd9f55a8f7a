"""F.* wherever possible: pairwise_distance, relu, softplus, hardtanh, pad, smooth_l1_loss, cosine_similarity, softsign."""
import torch
import torch.nn.functional as F


def compute_reward(state, action, prev):
    drop = F.pad(torch.full_like(state.robot.gripper_openness, 0.045).unsqueeze(-1), (2, 0))  # (B, 3): 0, 0, 0.045
    tip = state.robot.ee_pos - drop
    tip_prev = prev.robot.ee_pos - drop

    reach_d = F.pairwise_distance(tip, state.puck.pos)
    goal_d = F.pairwise_distance(state.puck.pos, state.goal.pos, p=2.0, eps=1e-6)

    # head for the puck: cosine between the hand's step and the way to the puck
    heading = F.cosine_similarity(tip - tip_prev, state.puck.pos - tip_prev, dim=-1, eps=1e-6)
    far = torch.sigmoid(80.0 * (reach_d - 0.06))

    reach = 1.0 - F.hardtanh(reach_d / 0.4, 0.0, 1.0)
    near = 1.0 - F.hardtanh(reach_d / 0.05, 0.0, 1.0)
    grip = near * F.relu(1.0 - state.robot.gripper_openness.clamp(0.0, 1.0))
    lift = F.hardtanh((state.puck.pos[:, 2] - 0.025) / 0.1, 0.0, 1.0) * near.sqrt()

    huber = F.smooth_l1_loss(state.puck.pos, state.goal.pos, reduction="none", beta=0.05).sum(dim=-1)
    place = 1.0 - F.softsign(10.0 * huber)
    at_goal = F.softplus((0.05 - goal_d) * 100.0).clamp(max=5.0) / 5.0

    return {
        "heading": 0.1 * heading * far,
        "reach": 0.4 * reach,
        "grip": 0.4 * grip,
        "lift": 0.8 * lift,
        "place": 2.0 * place,
        "at_goal": 1.5 * at_goal,
    }
