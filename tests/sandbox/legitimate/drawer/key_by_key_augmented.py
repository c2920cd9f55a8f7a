"""Dict built key by key, clone edited in place, reused local names and augmented assignment."""
import torch


def compute_reward(state, action, prev):
    rewards: dict[str, torch.Tensor] = {}

    tip = state.robot.ee_pos.clone()
    tip[:, 2] -= 0.045

    # --- reach ---
    d = torch.norm(tip - state.handle.pos, dim=-1)
    r = 1.0 - torch.tanh(4.0 * d)
    r += 0.5 * torch.exp(-20.0 * d)
    r /= 1.5
    rewards["reach"] = r * 0.5

    # --- horizontal and vertical alignment, so the hand drops onto the handle ---
    d = torch.norm(tip[:, :2] - state.handle.pos[:, :2], dim=-1)
    dz = torch.abs(tip[..., 2] - state.handle.pos[..., 2])
    r = torch.exp(-10.0 * d)
    r *= torch.exp(-10.0 * dz)
    rewards["align"] = 0.25 * r

    # --- open ---
    d = torch.norm(state.handle.pos - state.goal.pos, dim=-1)
    r = 1.0 - torch.tanh(5.0 * d)
    rewards["open"] = 2.0 * r

    # --- progress ---
    delta = torch.norm(prev.handle.pos - prev.goal.pos, dim=-1)
    delta -= d
    delta *= 50.0
    rewards["progress"] = delta.clamp(-0.5, 0.5)

    # --- success ---
    rewards["success"] = torch.zeros_like(d)
    rewards["success"] += (d < 0.03).float()
    return rewards
