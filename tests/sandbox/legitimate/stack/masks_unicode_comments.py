"""Boolean masks with & | ~ and .to(dtype), dict filled key by key, comments with unicode symbols."""
import torch

XY_TOL = 0.02   # ≤ half an edge
Z_TOL = 0.006   # ± 6 mm
V_TOL = 0.05    # m·s⁻¹


def compute_reward(state, action, prev):
    # ── fields ───────────────────────────────────────────────
    red, green, ee = state.red.pos, state.green.pos, state.robot.ee_pos
    held = state.robot.is_grasping_red
    was_held = prev.robot.is_grasping_red
    f = red.dtype

    # ── masks ────────────────────────────────────────────────
    Δ = red - green
    above = Δ[:, :2].norm(dim=-1).le(XY_TOL)              # ‖Δxy‖ ≤ 2 cm
    height_ok = (Δ[:, 2] - 0.04).abs().le(Z_TOL)          # |Δz − 4 cm| ≤ 6 mm
    still = state.red.lin_vel.norm(dim=-1).lt(V_TOL)      # ‖v‖ ≈ 0
    stacked = above & height_ok
    lifted = (red[:, 2] > 0.03) & (held | stacked)
    dropped = was_held & ~held & ~stacked                  # “oops”: let go in the wrong place ✗
    success = stacked & ~held & still                      # ✓

    # ── terms ────────────────────────────────────────────────
    rewards = {}

    # 1️⃣ reach → hand to the red cube
    rewards["reach"] = 0.3 * torch.exp(-5.0 * (ee - red).norm(dim=-1))

    # 2️⃣ grasp (or already stacked, so that letting go costs nothing)
    rewards["grasp"] = 0.3 * (held | stacked).to(f)

    # 3️⃣ lift
    rewards["lift"] = 0.2 * lifted.to(f)

    # 4️⃣ transport: distance → 0 ⇒ reward → 0.8
    goal = green.clone()
    goal[:, 2] += 0.04
    rewards["transport"] = 0.8 * torch.exp(-6.0 * (red - goal).norm(dim=-1)) * (lifted | stacked).to(f)

    # 5️⃣ release, worth more than holding on (≥ 2×)
    rewards["release"] = 1.0 * (stacked & ~held).to(f)
    rewards["success"] = 0.8 * success.to(f)

    # a small price for a drop — α = 0.2
    rewards["drop"] = -0.2 * dropped.to(f)
    return rewards
