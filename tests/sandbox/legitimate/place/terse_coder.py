"""Terse: tuple unpacking, one-letter names, semicolons, a dict(...) call in the return."""
import torch


def compute_reward(state, action, prev):
    e, o = state.robot.ee_pos, state.robot.gripper_openness
    p, g = state.puck.pos, state.goal.pos
    t = torch.cat((e[:, :2], e[:, 2:] - .045), -1)
    d = (t - p).norm(dim=-1); k = (p - g).norm(dim=-1)
    h = ((d < .03) & (o < .7)).float()
    z = (p[:, 2] - .02).clamp(0, .1) * 10
    return dict(reach=.5 * (1 - (5 * d).tanh()), grasp=.3 * h, lift=.7 * h * z, place=2 * (-4 * k).exp(), done=2. * (k < .05))
