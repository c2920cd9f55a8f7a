"""Nested closures inside compute_reward, config dict of nested tuples, dict comprehension that applies weight and clamp."""
import torch

CFG = {
    "walk": {"weight": 1.0, "clip": (-1.0, 1.0)},
    "lift": {"weight": 0.5, "clip": (0.0, 1.0)},
    "wave": {"weight": 1.0, "clip": (0.0, 1.0)},
    "phase": {"weight": 0.3, "clip": (0.0, 1.0)},
    "fall": {"weight": -1.0, "clip": (0.0, 1.0)},
    "spin": {"weight": -0.1, "clip": (0.0, 1.0)},
}
JOINT = dict(fl_hip=0, fl_ankle=1, fr_hip=2, fr_ankle=3, bl_hip=4, bl_ankle=5, br_hip=6, br_ankle=7)


def compute_reward(state, action, prev):
    def angle(name, s=state):
        return s.joints.angles[:, JOINT[name]]

    def rate(name, *, s=state):
        return s.joints.vels[:, JOINT[name]]

    def soft_and(*gates):
        result = gates[0]
        for g in gates[1:]:
            result = result * g
        return result

    vx = state.torso.lin_vel[:, 0]
    walking = torch.sigmoid((vx - 0.3) * 10.0)
    upright = torch.sigmoid((state.torso.up[:, 2] - 0.6) * 15.0)
    lifted = torch.sigmoid((state.feet.pos[:, 0, 2] - 0.25) * 25.0)

    # the diagonal pair FR/BL swings against BR: opposite signs of the hip rates
    opposed = torch.sign(rate("fr_hip")) * torch.sign(rate("br_hip")) < 0
    travelled = (angle("fl_hip") - angle("fl_hip", prev)).abs() + (angle("fl_ankle") - angle("fl_ankle", prev)).abs()

    raw = {
        "walk": vx * upright,
        "lift": soft_and(lifted, walking, upright),
        "wave": soft_and(lifted, walking, upright, torch.tanh(travelled / 0.1 + rate("fl_hip").abs() / 4.0)),
        "phase": soft_and(walking, upright, opposed.float()),
        "fall": torch.where(state.torso.pos[:, 2] < 0.25, 1.0, 0.0),
        "spin": state.torso.ang_vel[:, 2].abs() / 5.0,
    }
    return {
        key: CFG[key]["weight"] * value.clamp(*CFG[key]["clip"])
        for key, value in raw.items()
    }
