"""Scalar columns only: explicit wxyz formulas, unbind, chunk and split; no vector helper at all."""
import torch


def compute_reward(state, action, prev):
    # peg axis
    w, x, y, z = state.peg.quat.unbind(dim=1)
    px = 1.0 - 2.0 * (y * y + z * z)
    py = 2.0 * (x * y + w * z)
    pz = 2.0 * (x * z - w * y)

    # all three hole axes
    w, x, y, z = [c[:, 0] for c in state.hole.quat.chunk(4, dim=1)]
    hx0, hx1, hx2 = 1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + w * z), 2.0 * (x * z - w * y)
    hy0, hy1, hy2 = 2.0 * (x * y - w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z + w * x)
    hz0, hz1, hz2 = 2.0 * (x * z + w * y), 2.0 * (y * z - w * x), 1.0 - 2.0 * (x * x + y * y)

    # head of the peg relative to the entrance
    L = state.peg.half_length
    c0, c1, c2 = (c.squeeze(-1) for c in torch.split(state.peg.pos - state.hole.pos, 1, dim=-1))
    d0, d1, d2 = c0 + L * px, c1 + L * py, c2 + L * pz

    along = d0 * hx0 + d1 * hx1 + d2 * hx2
    left = d0 * hy0 + d1 * hy1 + d2 * hy2
    up = d0 * hz0 + d1 * hz1 + d2 * hz2
    cosang = px * hx0 + py * hx1 + pz * hx2

    # errors
    side = torch.sqrt(left**2 + up**2 + 1e-10)
    gx, gy, gz = (state.robot.ee_pos - state.peg.pos).unbind(-1)
    hand = torch.sqrt(gx**2 + gy**2 + gz**2 + 1e-10)

    grasp = torch.where(state.robot.is_grasping_peg, 1.0, 0.0)
    align = torch.exp(-10.0 * side) * torch.clamp(cosang, 0.0, 1.0) ** 2
    depth = torch.clamp((along + 0.25) / 0.30, 0.0, 1.0)

    return {
        "hand": 0.3 * torch.exp(-5.0 * hand),
        "grasp": 0.3 * grasp,
        "align": 0.7 * grasp * align,
        "depth": 1.5 * grasp * align * depth,
    }
