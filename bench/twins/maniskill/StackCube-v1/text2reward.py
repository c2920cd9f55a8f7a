import numpy as np
from transforms3d.quaternions import quat2mat, rotate_vector


def distance_to(a, b):
    return np.linalg.norm(a - b)


def compute_dense_reward(self, action):
    cube_a, cube_b = self.cubeA.pose, self.cubeB.pose
    reward = 1 - np.tanh(5 * distance_to(self.robot.ee_pose.p, cube_a.p))

    # where cube A's centre has to be
    target = cube_b.p + np.array([0, 0, 0.04])
    offset = distance_to(cube_a.p, target)

    grasped = self.robot.check_grasp(self.cubeA)
    if grasped:
        reward += 1 + 2 * (1 - np.tanh(5 * offset))
    elif self.cubeA.check_static() and offset < 0.02:
        reward += 5.0

    # its own z axis shall point up
    up = rotate_vector(np.array([0.0, 0.0, 1.0]), cube_a.q)
    same = quat2mat(cube_a.q)[2, 2] * 0.5 + self.cubeA.pose.to_transformation_matrix()[2, 2] * 0.5
    return reward + 0.05 * up[2] + 0.05 * same
