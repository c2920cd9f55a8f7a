import numpy as np


def compute_dense_reward(self, action, obs) -> float:
    # how far the gripper is from the window's handle
    distance_to_handle = np.linalg.norm(obs[:3] - obs[4:7])

    # how far the handle is from where it shall be
    distance_to_goal = np.linalg.norm(obs[4:7] - self.env._get_pos_goal())

    reward = 1 - np.tanh(5 * distance_to_handle)
    if distance_to_handle < 0.08:
        reward += 3 * (1 - np.tanh(10 * distance_to_goal))

    # regularization of the robot's action
    reward -= 0.01 * np.sum(np.square(action))
    return reward
