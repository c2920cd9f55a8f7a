"""torch.min / max over stacked alternatives (faces, yaw symmetries), prev-based progress with symmetric clamp."""
import math
import torch

QUARTERS = tuple(k * math.pi / 2 for k in range(-2, 3))


def yaw_of(q):
    w, x, y, z = q[:, 0], q[:, 1], q[:, 2], q[:, 3]
    return torch.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))


def wrap(a):
    return torch.atan2(torch.sin(a), torch.cos(a))


def goal_of(s, dz=0.04):
    return torch.cat((s.green.pos[:, :2], s.green.pos[:, 2:] + dz), dim=1)


def compute_reward(state, action, prev):
    # the fingers may close on any pair of faces, so four yaws are as good as each other
    diff = wrap(yaw_of(state.robot.ee_quat) - yaw_of(state.red.quat))
    alternatives = torch.stack([(diff - k).abs() for k in QUARTERS], dim=-1)
    yaw_err, _ = torch.min(alternatives, dim=-1)
    yaw_score = 1.0 - yaw_err / (math.pi / 4)
    yaw_score = yaw_score.clamp(0.0, 1.0)

    # two ways to the goal: over the green cube, or straight down when already above it
    hover = goal_of(state, 0.08)
    goal = goal_of(state)
    d_hover = (state.red.pos - hover).norm(dim=-1)
    d_goal = (state.red.pos - goal).norm(dim=-1)
    best = torch.stack([0.6 * torch.exp(-6.0 * d_hover), torch.exp(-6.0 * d_goal)], dim=-1).max(dim=-1).values

    d_goal_prev = (prev.red.pos - goal_of(prev)).norm(dim=-1)
    progress = torch.clamp(d_goal_prev - d_goal, -0.1, 0.1)

    d_reach = (state.robot.ee_pos - state.red.pos).norm(dim=-1)
    held = state.robot.is_grasping_red.float()
    stacked = (d_goal < 0.015).float()
    own = torch.amax(torch.stack((held, stacked), dim=-1), dim=-1)
    gone = torch.amin(torch.stack((1.0 - held, stacked), dim=-1), dim=-1)

    return {
        "reach": 0.3 * torch.exp(-6.0 * d_reach),
        "yaw": 0.1 * yaw_score * torch.exp(-20.0 * d_reach),
        "own": 0.4 * own,
        "carry": 0.9 * own * best,
        "progress": 2.0 * progress,
        "gone": 1.5 * gone,
    }
