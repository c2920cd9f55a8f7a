"""Everything by columns: unbind, tuple unpacking, hypot, stacking the scalars back together."""
import torch


def smoothstep(x, lo=0.0, hi=1.0):
    t = ((x - lo) / (hi - lo)).clamp(0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def compute_reward(state, action, prev):
    rx, ry, rz = state.red.pos.unbind(-1)
    gx, gy, gz = state.green.pos.unbind(-1)
    ex, ey, ez = torch.unbind(state.robot.ee_pos, dim=-1)
    vx, vy, vz = state.red.lin_vel[:, 0], state.red.lin_vel[:, 1], state.red.lin_vel[:, 2]

    dx, dy, dz = rx - gx, ry - gy, rz - (gz + 0.04)
    xy = torch.hypot(dx, dy)
    goal_err = torch.sqrt(dx * dx + dy * dy + dz * dz + 1e-12)
    reach_err = torch.sqrt((ex - rx) ** 2 + (ey - ry) ** 2 + (ez - rz) ** 2 + 1e-12)
    speed = torch.stack([vx, vy, vz], dim=-1).norm(dim=-1)

    on_green = smoothstep(-xy, -0.02, -0.01) * smoothstep(-dz.abs(), -0.01, -0.005)
    gripped = state.robot.is_grasping_red.float()
    ready = torch.maximum(gripped, on_green)

    # a safe way over: be high enough before coming sideways
    clearance = smoothstep(rz - gz, 0.0, 0.04)
    far = smoothstep(xy, 0.04, 0.08)
    path = torch.lerp(torch.ones_like(clearance), clearance, far)

    r_reach = 0.4 / (1.0 + 10.0 * reach_err)
    r_hold = 0.4 * ready
    r_move = 0.8 * ready * path / (1.0 + 10.0 * goal_err)
    r_drop = 1.5 * on_green * (1.0 - gripped) / (1.0 + 5.0 * speed)

    return {"reach": r_reach, "hold": r_hold, "move": r_move, "drop": r_drop}
