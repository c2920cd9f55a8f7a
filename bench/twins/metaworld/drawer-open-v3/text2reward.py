import numpy as np
from scipy.spatial import distance

REACH_SCALE = 0.15
OPEN_SCALE = 0.1


def compute_dense_reward(self, action, obs):
    gripper = self.robot.ee_position
    handle = self.obj1.position

    # 1. the closer the gripper to the handle, the better
    reach_reward = np.exp(-distance.euclidean(gripper, handle) / REACH_SCALE)

    # 2. the closer the handle to where it shall be, the better; this counts for more
    open_reward = np.exp(-distance.euclidean(handle, self.goal_position) / OPEN_SCALE)

    return float(2.0 * reach_reward + 5.0 * open_reward)
