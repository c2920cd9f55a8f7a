"""As few lines as possible, one-letter names, everything in the return."""
import torch


def compute_reward(state, action, prev):
    h, g, e = state.handle.pos, state.goal.pos, state.robot.ee_pos
    t = e - e.new_tensor([0, 0, .045])
    d, o = (t - h).norm(dim=-1), (h - g).norm(dim=-1)
    return {"reach": (-8 * d).exp(), "open": 3 * (-6 * o).exp(), "done": (o < .03).float()}
