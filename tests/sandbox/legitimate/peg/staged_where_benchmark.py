"""Benchmark-style staged reward accumulated with += and gated by products, ending in a torch.where."""
import torch


def _axis_x(q):
    w, x, y, z = q[:, 0], q[:, 1], q[:, 2], q[:, 3]
    return torch.stack([1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)], dim=1)


def compute_reward(state, action, prev):
    peg_axis = _axis_x(state.peg.quat)
    hole_axis = _axis_x(state.hole.quat)

    # Stage 1: reach the tail of the peg
    tail = state.peg.pos - 0.6 * state.peg.half_length[:, None] * peg_axis
    gripper_to_peg = torch.linalg.norm(state.robot.ee_pos - tail, dim=-1)
    reaching_reward = 1 - torch.tanh(4.0 * gripper_to_peg)
    is_grasped = state.robot.is_grasping_peg
    reward = 1.0 * reaching_reward
    reward += 1.0 * is_grasped

    # Stage 2: line up before the entrance
    head = state.peg.pos + state.peg.half_length[:, None] * peg_axis

    def yz_offset(point):
        rel = point - state.hole.pos
        return torch.linalg.norm(rel - (rel * hole_axis).sum(dim=-1, keepdim=True) * hole_axis, dim=-1)

    head_yz = yz_offset(head)
    body_yz = yz_offset(state.peg.pos)
    pre_insertion_reward = 3 * (1 - torch.tanh(0.5 * (head_yz + body_yz) + 4.5 * torch.maximum(head_yz, body_yz)))
    facing = (peg_axis * hole_axis).sum(dim=-1) > 0
    reward += pre_insertion_reward * is_grasped * facing
    pre_inserted = (head_yz < 0.01) & (body_yz < 0.01) & facing

    # Stage 3: push in
    depth = ((head - state.hole.pos) * hole_axis).sum(dim=-1)
    insertion_reward = 5 * (1 - torch.tanh(5.0 * torch.clamp(0.05 - depth, min=0.0)))
    reward += insertion_reward * (is_grasped & pre_inserted)

    # Stage 4: done
    success = pre_inserted & (depth >= 0.05)
    reward = torch.where(success, torch.full_like(reward, 10.0), reward)
    return {"staged": 0.3 * reward}
