"""Nested closures and smoothstep ramps; the stage level is a sum over a generator; {**a, **b} merge of two dicts."""
import math
import torch

TAU = 2.0 * math.pi
DEG = math.pi / 180.0
SIN_30 = math.sin(30 * DEG)


def make_ramp(lo: float, hi: float):
    """Returns a smooth ramp: 0 below lo, 1 above hi."""
    span = hi - lo

    def ramp(x):
        t = torch.clamp((x - lo) / span, 0.0, 1.0)
        return t * t * (3.0 - 2.0 * t)

    return ramp


near_ramp = make_ramp(-0.06, -0.02)      # on −distance
lift_ramp = make_ramp(0.02, 0.10)        # on height
goal_ramp = make_ramp(-0.60, 0.0)        # on −distance
fine_ramp = make_ramp(-0.10, -0.02)


def compute_reward(state, action, prev):
    def dist_of(s):
        return torch.norm(s.puck.pos - s.goal.pos, p=2, dim=-1)

    def tip_of(s, drop=0.045):
        x, y, z = s.robot.ee_pos[..., 0], s.robot.ee_pos[..., 1], s.robot.ee_pos[..., 2]
        return torch.stack((x, y, z - drop), -1)

    d_tip = torch.norm(tip_of(state) - state.puck.pos, p=2, dim=-1)
    d_goal = dist_of(state)
    gain = dist_of(prev) - d_goal

    near = near_ramp(-d_tip)
    shut = 1.0 - torch.clamp(state.robot.gripper_openness, 0.0, 1.0)
    held = near * torch.sin(0.25 * TAU * shut)                # 0 when open, 1 when shut
    lift = lift_ramp(state.puck.pos[..., 2]) * near
    steady = (held > SIN_30).float()

    stage = sum(w * q for w, q in ((0.3, near), (0.3, held), (0.6, lift)))
    done = fine_ramp(-d_goal)
    stage = stage * (1.0 - done) + 1.2 * done

    shaping = {
        "reach": 0.3 * torch.reciprocal(1.0 + 10.0 * d_tip),
        "stage": stage,
    }
    goal_terms = {
        "toward_goal": 1.0 * goal_ramp(-d_goal) * torch.maximum(steady, done),
        "gain": torch.clamp(gain * 20.0, -0.3, 0.3) * steady,
        "done": 2.0 * done,
    }
    return {**shaping, **goal_terms}
