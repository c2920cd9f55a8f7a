"""Masks with & | ~ and named stages; rewards dict grown key by key; unicode in the comments."""
import torch

DEPTH = 0.05          # m, “in”
COS_5 = 0.9962        # cos 5°


def compute_reward(state, action, prev):
    rewards = {}

    # ---- axes: R(q)·e₁ ----
    def e1(q):
        return torch.stack([
            1.0 - 2.0 * (q[:, 2] ** 2 + q[:, 3] ** 2),
            2.0 * (q[:, 1] * q[:, 2] + q[:, 0] * q[:, 3]),
            2.0 * (q[:, 1] * q[:, 3] - q[:, 0] * q[:, 2]),
        ], dim=-1)

    peg_axis, hole_axis = e1(state.peg.quat), e1(state.hole.quat)
    half = state.peg.half_length[:, None]
    tip = state.peg.pos + half * peg_axis
    to_tip = tip - state.hole.pos
    s = (to_tip * hole_axis).sum(dim=-1)                     # s > 0 ⇒ inside
    ρ = (to_tip - s[:, None] * hole_axis).norm(dim=-1)       # distance to the hole's axis, ρ ≥ 0
    cosθ = (peg_axis * hole_axis).sum(dim=-1)

    # ---- masks ----
    held = state.robot.is_grasping_peg
    was_held = prev.robot.is_grasping_peg
    lost = was_held & ~held
    straight = cosθ >= COS_5
    centred = ρ <= 0.01
    lined_up = held & straight & centred
    inside = lined_up & (s >= 0.0)
    done = straight & centred & (s >= DEPTH)

    # ---- 1. reach → 2. grasp ----
    d = (state.robot.ee_pos - state.peg.pos).norm(dim=-1)
    rewards["reach"] = 0.25 * torch.exp(-5.0 * d)
    rewards["grasp"] = 0.30 * (held | done).float()
    rewards["lost"] = -0.10 * (lost & ~done).float()

    # ---- 3. align (only while held) ----
    rewards["direction"] = 0.30 * held.float() * (cosθ * 0.5 + 0.5)
    rewards["centring"] = 0.40 * held.float() * torch.exp(-ρ / 0.05)

    # ---- 4. insert: 0 … 1 from 10 cm before the entrance to 5 cm behind ----
    rewards["insert"] = lined_up.float() * ((s + 0.10) / 0.15).clamp(0.0, 1.0)
    rewards["inside"] = 0.3 * (inside | done).float()
    rewards["done"] = 0.7 * done.float()
    return rewards
