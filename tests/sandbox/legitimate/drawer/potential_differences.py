"""Potential-based shaping: a feature function is called on both state and prev and the differences are clamped."""
import torch

GAMMA = 0.99


def _features(s):
    tip = torch.cat([s.robot.ee_pos[:, :2], s.robot.ee_pos[:, 2:3] - 0.045], dim=-1)
    return {
        "reach": (tip - s.handle.pos).norm(dim=-1),
        "open": (s.handle.pos - s.goal.pos).norm(dim=-1),
    }


def _potential(f):
    """Phi in [0, 3]."""
    return torch.exp(-5.0 * f["reach"]) + 2.0 * torch.exp(-5.0 * f["open"])


def compute_reward(state, action, prev):
    now = _features(state)
    before = _features(prev)

    # how much closer in this one step (positive → good), in centimetres, clipped
    d_reach = torch.clamp(100.0 * (before["reach"] - now["reach"]), -1.0, 1.0)
    d_open = torch.clamp(100.0 * (before["open"] - now["open"]), min=-1.0, max=1.0)

    phi_now, phi_before = _potential(now), _potential(before)
    shaping = (GAMMA * phi_now - phi_before).clamp(-1.0, 1.0)

    at_goal = now["open"] < 0.03
    newly_at_goal = at_goal & ~(before["open"] < 0.03)

    return {
        "progress_reach": 0.3 * d_reach,
        "progress_open": 1.0 * d_open,
        "shaping": shaping,
        "level": 1.5 * torch.exp(-8.0 * now["open"]),
        "arrive": 2.0 * newly_at_goal.float(),
        "stay": 1.0 * at_goal.float(),
    }
