"""Functional method chaining: .sub().norm().mul().neg().exp() and .lt().to(); no operators where a method exists."""
import torch


def compute_reward(state, action, prev):
    finger_to_handle = (
        state.robot.ee_pos
        .sub(torch.tensor([0.0, 0.0, 0.045]).to(state.robot.ee_pos))
        .sub(state.handle.pos)
        .norm(p=2, dim=-1)
    )
    handle_to_goal = state.handle.pos.sub(state.goal.pos).pow(2).sum(-1).sqrt()
    before = prev.handle.pos.sub(prev.goal.pos).pow(2).sum(-1).sqrt()

    reach = finger_to_handle.mul(7.5).neg().exp()
    close_to_handle = finger_to_handle.lt(0.04).to(dtype=torch.float32)
    opened = handle_to_goal.mul(10.0).tanh().neg().add(1.0)
    step_gain = before.sub(handle_to_goal).div(0.01).clamp(min=-1.0, max=1.0)
    finished = handle_to_goal.le(0.03).type_as(reach)
    squeeze = state.robot.gripper_openness.clamp(0.0, 1.0).neg().add(1.0).mul(close_to_handle)

    return dict(
        reach=reach.mul(0.6),
        squeeze=squeeze.mul(0.2),
        step_gain=step_gain.mul(0.5),
        opened=opened.mul(2.0),
        finished=finished.mul(1.0),
    )
