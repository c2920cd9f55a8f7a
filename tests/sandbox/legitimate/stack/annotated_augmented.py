"""Annotated locals, a reused local name, augmented assignments, keyword arguments everywhere, logistic from scratch."""
import torch
import math as m


def logistic(x: torch.Tensor, *, k: float = 1.0, x0: float = 0.0) -> torch.Tensor:
    return 1.0 / (1.0 + torch.exp(input=torch.clamp(input=-k * (x - x0), min=-30.0, max=30.0)))


def compute_reward(state, action: torch.Tensor, prev):
    edge: float = 0.04
    half_diag: float = m.hypot(edge, edge) / 2

    goal: torch.Tensor = state.green.pos.clone()
    goal += torch.tensor([0.0, 0.0, edge]).to(goal)

    d: torch.Tensor = torch.norm(input=state.robot.ee_pos - state.red.pos, dim=-1, keepdim=False)
    reach: torch.Tensor = 1.0 - torch.tanh(input=d / 0.2)

    d = torch.norm(input=state.red.pos - goal, dim=-1)          # now: red cube to its place
    carry: torch.Tensor = 1.0 - torch.tanh(input=d / 0.2)
    carry += 0.5 * (1.0 - torch.tanh(input=d / 0.03))
    carry /= 1.5

    gate: torch.Tensor = logistic(d, k=-800.0, x0=0.5 * half_diag)
    held: torch.Tensor = state.robot.is_grasping_red.to(dtype=torch.float32)
    free: torch.Tensor = 1.0 - held
    keep: torch.Tensor = torch.max(held, gate)
    carry *= keep

    d = torch.norm(input=state.red.lin_vel, dim=-1)             # now: speed
    rest: torch.Tensor = torch.exp(input=-d.clamp(max=2.0) / 0.1)
    rest *= gate * free

    jerk: torch.Tensor = (state.robot.joint_vel - prev.robot.joint_vel).abs().mean(dim=-1)
    jerk = jerk.clamp(max=1.0)

    out: dict = {"reach": reach * 0.35, "keep": keep * 0.4}
    out.update({"carry": carry * 0.9})
    out["free"] = gate * free * 1.1
    out["rest"] = rest * 0.5
    out["jerk"] = jerk * -0.02
    return out
