"""Geometric mean and torch.prod of conditions, torch.cat of columns, min over the stacked, no_grad decorator."""
import torch
import math

INV3 = 1.0 / 3.0
EPS = 1e-4


@torch.no_grad()
def compute_reward(state, action, prev):
    vx, vy, _ = state.torso.lin_vel.split(1, dim=-1)          # each (B, 1)
    up_z = state.torso.up[:, 2:3]
    foot_z = state.feet.pos[:, 0, 2:]                          # (B, 1)
    omega = torch.linalg.vector_norm(state.joints.vels[:, :2], ord=2, dim=-1, keepdim=True)

    walk_c = torch.sigmoid(6.0 * (vx - 0.5))
    lift_c = torch.sigmoid(20.0 * (foot_z - 0.3))
    wave_c = torch.tanh(omega / math.e)
    parts = torch.cat([walk_c, lift_c, wave_c], dim=-1)        # (B, 3), each in [0, 1]

    geometric = torch.pow(torch.prod(parts + EPS, dim=-1), INV3)
    weakest = parts.min(dim=-1)[0]
    average = parts @ parts.new_tensor([0.6, 0.2, 0.2])

    upright_gate = torch.heaviside(up_z - 0.4, torch.zeros_like(up_z)).squeeze(-1)
    straight = torch.exp(-vy.abs()).flatten()

    return {
        "all_together": upright_gate * geometric,
        "weakest_link": upright_gate * weakest,
        "average": 0.5 * upright_gate * average * straight,
        "backwards": -torch.relu(-vx).clamp(max=1.0).reshape(-1),
    }
