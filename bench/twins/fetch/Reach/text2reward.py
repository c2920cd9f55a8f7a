import numpy as np
from scipy.spatial.distance import euclidean


def compute_dense_reward(self, action):
    near = 1 - np.tanh(5 * euclidean(self.robot.ee_pose.p, self.goal_position))
    calm = np.linalg.norm(self.robot.ee_vel)
    return near - 0.05 * calm
