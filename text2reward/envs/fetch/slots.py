"""What each slot of a Fetch observation holds, as named fields. Everything here is NumPy; nothing is simulated.

It was read in the ``gymnasium-robotics`` package (``envs/fetch/fetch_env.py``: ``generate_mujoco_observations``), which
writes velocities as distances per step; the fields are in m/s. Places relative to the gripper follow from the places
and are no fields.
"""

from __future__ import annotations

import numpy as np

DT_S = 0.04
"""One step: 20 MuJoCo steps of 2 ms (``MujocoRobotEnv.dt``)."""


def observed(slots: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """The policy's ``(N, 13)`` or ``(N, 28)`` input: the package's observations, then its goals."""
    return np.concatenate([slots, goal], axis=1).astype(np.float32)


def packed(slots: np.ndarray, goal: np.ndarray, thing: bool, grips: bool) -> np.ndarray:
    """``(N, D)`` float32 states in the order of the task's fields.

    Args:
        slots, goal: the package's observations and goals.
        thing: whether something has to move; else the gripper itself.
        grips: whether the gripper can be moved.
    """
    state = _with_thing(slots, grips) if thing else [slots[:, 0:3], slots[:, 5:8] / DT_S]
    return np.concatenate([*state, goal], axis=1).astype(np.float32)


def _with_thing(slots: np.ndarray, grips: bool) -> list[np.ndarray]:
    from text2reward.envs.rotation import from_euler_xyz

    ee_vel = slots[:, 20:23] / DT_S
    gripper = [slots[:, 9:11].sum(axis=1, keepdims=True), slots[:, 23:25].sum(axis=1, keepdims=True) / DT_S]
    return [
        slots[:, 0:3],
        ee_vel,
        *(gripper if grips else ()),
        slots[:, 3:6],
        from_euler_xyz(slots[:, 11:14]),
        slots[:, 14:17] / DT_S + ee_vel,  # the package gives it relative to the gripper
        slots[:, 17:20] / DT_S,
    ]
