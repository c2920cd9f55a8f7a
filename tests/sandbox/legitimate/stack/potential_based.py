"""Potential-based shaping: one potential function applied to state and prev, plus a small level term."""
import torch

GAMMA = 1.0
K = 6.0


def _goal(s):
    gx, gy, gz = s.green.pos.unbind(dim=-1)
    return torch.stack((gx, gy, gz + 0.04), dim=-1)


def _stacked(s):
    err = s.red.pos - _goal(s)
    return (err[:, :2].norm(dim=-1) < 0.015) & (err[:, 2].abs() < 0.008)


def potential(s):
    """Phi(s) in [0, 4]: reach, grasp, carry, let go."""
    reach = torch.exp(-K * torch.norm(s.robot.ee_pos - s.red.pos, dim=-1))
    held = s.robot.is_grasping_red
    stacked = _stacked(s)
    ok = torch.logical_or(held, stacked).float()
    carry = torch.exp(-K * torch.norm(s.red.pos - _goal(s), dim=-1))
    free = torch.logical_and(stacked, torch.logical_not(held)).float()
    opened = (s.robot.gripper_width / 0.08).clamp(0.0, 1.0)
    phi = torch.where(stacked, torch.ones_like(reach), reach)
    phi = phi + ok
    phi = phi + ok * carry
    phi = phi + 0.5 * free + 0.5 * free * opened
    return phi


def compute_reward(state, action, prev):
    phi_now = potential(state)
    phi_before = potential(prev)
    # F(s, s') = γ Φ(s') − Φ(s); telescopes along an episode, so cycles earn nothing
    shaping = GAMMA * phi_now - phi_before
    return {
        "shaping": shaping,
        "level": 0.25 * phi_now,
        "bonus": (_stacked(state) & ~state.robot.is_grasping_red).float(),
    }
