"""Path length through waypoints: hand over puck, then puck over goal; minimum over stacked route alternatives."""
import torch

HOVER = 0.08


def leg(a, b):
    return torch.linalg.norm(b - a, dim=-1)


def compute_reward(state, action, prev):
    ee, puck, goal = state.robot.ee_pos, state.puck.pos, state.goal.pos
    lift_vec = torch.tensor([0.0, 0.0, 1.0], device=puck.device, dtype=puck.dtype)
    tip = ee - 0.045 * lift_vec

    # routes of the hand: straight, or down from above the puck
    above_puck = puck + HOVER * lift_vec
    straight = leg(tip, puck)
    from_above = leg(tip, above_puck) + leg(above_puck, puck)
    hand_route = torch.min(torch.stack([straight, from_above], dim=-1), dim=-1).values

    # routes of the puck: via the front of the shelf (y), via above, or straight with a detour price
    above_goal = goal + 0.5 * HOVER * lift_vec
    before_goal = torch.cat([goal[:, :1], goal[:, 1:2] - 0.1, goal[:, 2:]], dim=-1)
    routes = torch.stack(
        [
            leg(puck, before_goal) + leg(before_goal, goal),
            leg(puck, above_goal) + leg(above_goal, goal),
            leg(puck, goal) * 1.1,
        ],
        dim=0,
    )                                   # (3, B)
    puck_route = routes.amin(dim=0)     # (B,)

    touching = torch.lt(straight, 0.03)
    gripped = touching & torch.lt(state.robot.gripper_openness, 0.6)
    off_table = torch.gt(puck[:, 2], 0.045)
    d_goal = leg(puck, goal)

    out = {"hand": 0.4 * torch.exp(-hand_route / 0.15)}
    out["gripped"] = 0.3 * gripped.float()
    out["carried"] = 0.5 * (gripped & off_table).float()
    out["route"] = 2.0 * torch.exp(-puck_route / 0.2)
    for r in (0.10, 0.07, 0.04):
        out["within_" + str(int(100 * r + 0.5)) + "cm"] = 0.5 * (d_goal < r).float()
    return out
