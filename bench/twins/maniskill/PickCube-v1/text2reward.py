import numpy as np
from scipy.spatial import distance


def compute_dense_reward(self, action):
    action = np.clip(action, -1, 1)
    gripper_pos = self.tcp.pose.p
    cube_pos = self.obj.pose.p
    is_grasped = self.agent.check_grasp(self.obj, max_angle=85)

    reward = 1 - np.tanh(5 * distance.euclidean(gripper_pos, cube_pos))
    if is_grasped:
        reward += 1.0
        reward += 1 - np.tanh(5 * np.linalg.norm(self.goal_pos - cube_pos))
    else:
        reward += 0.2 * self.robot.gripper_openness

    if self.cubeA.pose.p[2] < self.cube_half_size:
        reward -= self.cube_half_size - self.cubeA.pose.p[2]

    reward -= 0.01 * np.linalg.norm(self.agent.robot.get_qvel()[:-2])
    return reward
