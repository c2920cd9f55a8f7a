import numpy as np


def compute_dense_reward(self, action) -> float:
    # moving forward is what the task asks for
    forward_reward = np.clip(self.hopper.top.velocity_x, -1.0, 2.0)

    # falling over would end it
    upright = self.hopper.top.position_z > 0.8 and abs(self.hopper.top_joint.angle) < 0.8
    healthy_reward = 1.0 if upright else 0.0

    # small penalties
    control_cost = 0.02 * np.sum(np.square(action))
    joints = abs(self.hopper.thigh_joint.angular_velocity) + abs(self.hopper.leg_joint.angular_velocity)
    return forward_reward + healthy_reward - control_cost - 0.01 * min(joints, 10.0)
