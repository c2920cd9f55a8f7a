"""PhD style: roll / pitch / yaw from wxyz, feet expressed in the yaw-aligned torso frame by einsum with rotation matrices."""
import math
import torch

HALF_PI = math.pi / 2
TWO_PI = 2.0 * math.pi
YAW_SIGMA = math.pi / 8
TILT_SIGMA = math.pi / 6


def wrap_to_pi(a: torch.Tensor) -> torch.Tensor:
    return torch.remainder(a + math.pi, TWO_PI) - math.pi


def euler_from_quat(q: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    w, x, y, z = torch.unbind(q, dim=-1)
    roll = torch.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
    sinp = 2 * (w * y - z * x)
    pitch = torch.where(
        torch.abs(sinp) >= 1,
        torch.copysign(torch.full_like(sinp, HALF_PI), sinp),
        torch.asin(sinp.clamp(-1.0, 1.0)),
    )
    yaw = torch.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
    return roll, pitch, yaw


def yaw_matrix(yaw: torch.Tensor) -> torch.Tensor:
    """(B,) → (B, 3, 3), rotates the world frame into the heading frame."""
    c, s = torch.cos(yaw), torch.sin(yaw)
    o, i = torch.zeros_like(yaw), torch.ones_like(yaw)
    rows = [torch.stack(r, dim=-1) for r in ((c, s, o), (-s, c, o), (o, o, i))]
    return torch.stack(rows, dim=-2)


def gaussian(x: torch.Tensor, sigma: float) -> torch.Tensor:
    return torch.exp(-0.5 * (x / sigma) ** 2)


def compute_reward(state, action, prev):
    roll, pitch, yaw = euler_from_quat(state.torso.quat)
    R = yaw_matrix(yaw)

    # feet relative to the torso, in the heading frame: (B, 4, 3)
    rel = state.feet.pos - state.torso.pos[:, None, :]
    feet_h = torch.einsum("bij,bkj->bki", R, rel)

    rel_prev = prev.feet.pos - prev.torso.pos[:, None, :]
    R_prev = yaw_matrix(euler_from_quat(prev.torso.quat)[2])
    feet_h_prev = torch.einsum("bij,bkj->bki", R_prev, rel_prev)

    # displacement of the front left foot in the body-fixed frame: this is what a wave looks like
    shift = torch.linalg.norm(feet_h[:, 0] - feet_h_prev[:, 0], dim=-1)
    wave = 1.0 - torch.exp(-shift / 0.08)

    raised = torch.sigmoid((feet_h[:, 0, 2] + 0.2) / 0.05)
    tilt = torch.hypot(wrap_to_pi(roll), wrap_to_pi(pitch))
    level = gaussian(tilt, TILT_SIGMA)
    facing = gaussian(wrap_to_pi(yaw), YAW_SIGMA)

    v = torch.tanh(state.torso.lin_vel[..., 0])
    v_pos = v.clamp(min=0.0)

    return {
        "velocity": v * level,
        "facing": 0.2 * facing * v_pos,
        "raise_and_wave": 1.6 * raised * (0.25 + 0.75 * wave) * level * v_pos,
    }
