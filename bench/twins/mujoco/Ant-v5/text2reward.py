import numpy as np


def compute_dense_reward(self, action) -> float:
    torso = self.ant.torso
    forward = 2.0 * np.clip(torso.velocity_x, -1.0, 2.0)
    sideways = -0.5 * min(abs(torso.velocity_y), 1.0)
    height = 0.5 if torso.position_z > 0.3 else 0.0
    turning = -0.05 * min(abs(torso.angular_velocity_z), 5.0)

    # two joints stand for all of them
    joints = [self.ant.front_left_leg_joint, self.ant.back_right_ankle_joint]
    smooth = -0.001 * min(sum(joint.angular_velocity**2 for joint in joints), 100.0)

    control = -0.05 * np.mean(action**2)
    return forward + sideways + height + turning + smooth + control
