import numpy as np


def compute_dense_reward(self, action, obs):
    reach = -np.linalg.norm(obs[:3] - obs[4:7])
    closed = 0.2 * (1 - obs[3])
    depth = abs(obs[5] - self.env._get_pos_goal()[1])
    # the second half of obs is the same before the step
    before = abs(obs[18 + 5] - self.env._get_pos_goal()[1])
    press = 2 * (1 - np.tanh(15 * depth))
    return reach + closed + press + 5 * (before - depth), {"reach": reach, "press": press}
