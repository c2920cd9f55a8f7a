"""Robotics PhD student: decomposes motion into pull axis and lateral error with einsum, normalize and hypot."""
import math

import torch
import torch.nn.functional as F

EPS = 1e-6
Z_TIP = 0.045
# characteristic lengths [m]
L_LAT, L_AX = 0.04, 0.10
SQRT_PI_2 = math.sqrt(math.pi / 2.0)


def dot(a, b):
    return torch.einsum("bi,bi->b", a, b)


def compute_reward(state, action, prev):
    p_ee = state.robot.ee_pos
    p_h, p_g = state.handle.pos, state.goal.pos
    p_f = p_ee - Z_TIP * F.one_hot(torch.tensor(2, device=p_ee.device), 3).to(p_ee.dtype)

    # unit vector n of the remaining pull; where the drawer is open it is ~0, which is fine
    r = p_g - p_h
    rho = torch.linalg.vector_norm(r, dim=-1)
    n = r / (rho + EPS).unsqueeze(-1)

    # fingertip error expressed along / across n
    e = p_f - p_h
    e_ax = dot(e, n)
    e_perp = e - e_ax[:, None] * n
    e_lat = torch.linalg.vector_norm(e_perp, dim=-1)
    e_tot = torch.hypot(e_ax / L_AX, e_lat / L_LAT)

    # reach ∈ (0, 1]: Cauchy kernel (fat tail → gradient from afar)
    reach = 1.0 / (1.0 + (e_tot / SQRT_PI_2) ** 2)

    # hooking: being on the closed side of the handle lets the finger drag it
    hook = torch.sigmoid(-(e_ax - 0.0) / 0.01) * torch.exp(-e_lat / L_LAT)
    hook = hook * (rho > 0.03).to(hook.dtype) + (rho <= 0.03).to(hook.dtype)

    # handle velocity along n over this step
    dh = p_h - prev.handle.pos
    v_ax = dot(dh, n)
    pull_rate = torch.tanh(v_ax / 0.005)

    # remaining opening
    opened = torch.exp(-rho / 0.12)

    return {
        "reach": 0.4 * reach,
        "hook": 0.3 * hook,
        "pull_rate": 0.5 * pull_rate,
        "opened": 2.5 * opened,
    }
