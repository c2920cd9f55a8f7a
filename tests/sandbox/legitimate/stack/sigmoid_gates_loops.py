"""Smooth logistic gates, lambdas and loops over literal tuples; dict built by comprehension with f-string keys."""
import torch

sigmoid_gate = lambda x, centre, width: torch.sigmoid((centre - x) / width)
below = lambda x, c: sigmoid_gate(x, c, c / 5)


def compute_reward(state, action, prev):
    target = state.green.pos + state.green.pos.new_tensor((0.0, 0.0, 0.04))
    hand_to_red = torch.norm(state.robot.ee_pos - state.red.pos, p=2, dim=-1)
    red_to_goal = torch.norm(state.red.pos - target, p=2, dim=-1)

    held = state.robot.is_grasping_red.type(torch.float32)
    at_goal = below(red_to_goal, 0.02)
    secured = held + (1 - held) * at_goal

    # several length scales, from 30 cm to 2 cm
    reach = torch.zeros_like(hand_to_red)
    carry = torch.zeros_like(hand_to_red)
    for scale, weight in ((0.30, 0.2), (0.10, 0.3), (0.02, 0.5)):
        reach += weight * torch.exp(-hand_to_red / scale)
        carry += weight * torch.exp(-red_to_goal / scale)

    let_go = torch.sigmoid((state.robot.gripper_width - 0.05) / 0.005) * (1 - held)

    stages = [
        ("reach", 0.3, torch.maximum(reach, at_goal)),
        ("secure", 0.4, secured),
        ("carry", 0.9, secured * carry),
        ("let_go", 1.6, at_goal * let_go),
    ]
    return {f"s{i}_{name}": weight * value for i, (name, weight, value) in enumerate(stages)}
