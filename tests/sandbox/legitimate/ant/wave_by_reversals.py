"""prev-based: a wave is a sign reversal of the hip velocity; per-step differences of position and angles."""
import torch

DT = 0.05


def compute_reward(state, action, prev):
    hip_vel, hip_vel_before = state.joints.vels[:, 0], prev.joints.vels[:, 0]

    # A reversal: velocity went from + to − or from − to +, with some vigour before it.
    reversed_now = (hip_vel * hip_vel_before) < 0.0
    vigour = torch.clamp((hip_vel - hip_vel_before).abs(), 0.0, 4.0) / 4.0

    in_air = ~state.feet.contact[:, 0]
    was_in_air = ~prev.feet.contact[:, 0]
    stays_up = in_air & was_in_air
    put_down = was_in_air & state.feet.contact[:, 0]
    lifted_off = prev.feet.contact[:, 0] & in_air

    dx = state.torso.pos[:, 0] - prev.torso.pos[:, 0]
    dy = state.torso.pos[:, 1] - prev.torso.pos[:, 1]
    forward = (dx / DT).clamp(min=-1.0, max=1.0)
    drift = (dy / DT).abs().clamp(max=1.0)

    swing = (state.joints.angles[:, 0] - prev.joints.angles[:, 0]).abs() / DT
    swing = torch.minimum(swing, torch.full_like(swing, 5.0)) / 5.0

    # foot height potential, rises pay as much as drops cost
    rise = (state.feet.pos[:, 0, 2] - prev.feet.pos[:, 0, 2]).clamp(-0.2, 0.2)

    alive = (state.torso.up[:, 2] > 0.3).to(torch.float32)
    going = forward.clamp(min=0.0) * alive

    reward = {
        "forward": forward * alive,
        "drift": -0.2 * drift,
        "rise": rise,
        "swing_in_air": 0.8 * swing * stays_up.to(torch.float32) * going,
        "reversal": 0.6 * vigour * reversed_now.to(torch.float32) * in_air.to(torch.float32) * going,
        "foot_events": 0.1 * (lifted_off.int() - put_down.int()).float(),
    }
    return reward
