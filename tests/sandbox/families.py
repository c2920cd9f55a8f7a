"""Worlds of several kinds, as fields and plausible ranges only, for programs that are checked but never trained."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from text2reward.envs import Field, StateLayout
from text2reward.envs.transitions import Transitions


@dataclass(frozen=True)
class Family:
    """One kind of world.

    Args:
        instruction: what a program for it is asked to make happen.
        fields: each with the lowest and highest value it takes, or "unit" for directions and quaternions.
        action_size: numbers in an action, each from -1 to 1.
    """

    instruction: str
    fields: tuple[tuple[Field, tuple[float, float] | str], ...]
    action_size: int

    @property
    def layout(self) -> StateLayout:
        return StateLayout([field for field, _ in self.fields])

    def bank(self, rows: int = 512, seed: int = 0) -> Transitions:
        """Transitions with values in the ranges; a step moves everything that can move by a fiftieth of its range."""
        rng = np.random.default_rng(seed)
        prev, state = ([self._values(field, how, rows, rng) for field, how in self.fields] for _ in range(2))
        for i, (field, _) in enumerate(self.fields):
            if field.dtype != "bool":
                moved = prev[i] + 0.02 * (state[i] - prev[i]) * (field.varies == "step")
                state[i] = moved / np.linalg.norm(moved, axis=1, keepdims=True) if self._unit(i) else moved
        action = rng.uniform(-1, 1, (rows, self.action_size)).astype(np.float32)
        packed = [np.concatenate(values, axis=1).astype(np.float32) for values in (prev, state)]
        return Transitions(packed[0], action, packed[1], np.zeros(rows, dtype=bool), np.zeros(rows, dtype=np.float32))

    def _unit(self, i: int) -> bool:
        return self.fields[i][1] == "unit"

    @staticmethod
    def _values(field: Field, how: tuple[float, float] | str, rows: int, rng: np.random.Generator) -> np.ndarray:
        if field.dtype == "bool":
            return rng.random((rows, field.size)) < 0.3
        if isinstance(how, str):
            values = rng.normal(size=(rows, field.size))
            return values / np.linalg.norm(values, axis=1, keepdims=True)
        return rng.uniform(*how, (rows, field.size))


_TABLE = (-0.6, 0.6)
_SAWYER = (
    (Field("robot.ee_pos", (3,), "m", "the hand; the point between the fingertips lies 0.045 m below it"), _TABLE),
    (Field("robot.gripper_openness", (), "1", "gap between the fingers, 0 closed to 1 wide open (0.1 m)"), (0, 1)),
)
_PANDA = (
    (Field("robot.ee_pos", (3,), "m", "the point between the fingertips"), _TABLE),
    (Field("robot.ee_quat", (4,), "1", "the hand's orientation, wxyz"), "unit"),
    (Field("robot.gripper_width", (), "m", "gap between the fingers, 0 to 0.08"), (0, 0.08)),
    (Field("robot.joint_pos", (7,), "rad", "the arm's joints, base first"), (-2, 2)),
    (Field("robot.joint_vel", (7,), "rad/s", "the arm's joint velocities, base first"), (-1, 1)),
)

FAMILIES = {
    "drawer": Family(
        "Open a drawer by its handle.",
        (
            *_SAWYER,
            (Field("handle.pos", (3,), "m", "the drawer's handle"), _TABLE),
            (Field("goal.pos", (3,), "m", "where the handle is when the drawer is open", "reset"), _TABLE),
        ),
        4,
    ),
    "place": Family(
        "Pick up the puck and put it on the shelf at the goal.",
        (
            *_SAWYER,
            (Field("puck.pos", (3,), "m", "the puck's centre; its radius is 0.02 m"), _TABLE),
            (Field("puck.quat", (4,), "1", "the puck's orientation, wxyz"), "unit"),
            (Field("goal.pos", (3,), "m", "where the puck shall be", "reset"), _TABLE),
        ),
        4,
    ),
    "stack": Family(
        "Stack the red cube on the green cube and let go of it.",
        (
            *_PANDA,
            (Field("robot.is_grasping_red", (), "1", "the red cube is held", dtype="bool"), (0, 1)),
            (Field("red.pos", (3,), "m", "the red cube's centre; its edges are 0.04 m long"), _TABLE),
            (Field("red.quat", (4,), "1", "the red cube's orientation, wxyz"), "unit"),
            (Field("red.lin_vel", (3,), "m/s", "the red cube's velocity"), (-1, 1)),
            (Field("green.pos", (3,), "m", "the green cube's centre; its edges are 0.04 m long"), _TABLE),
            (Field("green.quat", (4,), "1", "the green cube's orientation, wxyz"), "unit"),
        ),
        8,
    ),
    "peg": Family(
        "Insert the peg into the hole in the box from the side.",
        (
            *_PANDA,
            (Field("robot.is_grasping_peg", (), "1", "the peg is held", dtype="bool"), (0, 1)),
            (Field("peg.pos", (3,), "m", "the peg's centre"), _TABLE),
            (Field("peg.quat", (4,), "1", "the peg's orientation, wxyz; its axis is its own x axis"), "unit"),
            (Field("peg.half_length", (), "m", "half the peg's length", "reset"), (0.08, 0.12)),
            (Field("peg.radius", (), "m", "the peg's radius", "reset"), (0.015, 0.025)),
            (Field("hole.pos", (3,), "m", "the hole's entrance", "reset"), _TABLE),
            (Field("hole.quat", (4,), "1", "the hole's orientation, wxyz; it opens along its own -x", "reset"), "unit"),
        ),
        8,
    ),
    "hopper": Family(
        "Hop forward as fast as possible without falling.",
        (
            (Field("torso.pos", (3,), "m", "the torso's centre; x is forward, z is up"), (-1, 2)),
            (Field("torso.quat", (4,), "1", "the torso's orientation, wxyz"), "unit"),
            (Field("torso.up", (3,), "1", "the torso's own up direction in the world; (0, 0, 1) when upright"), "unit"),
            (Field("torso.lin_vel", (3,), "m/s", "the torso's velocity"), (-3, 3)),
            (Field("torso.ang_vel", (3,), "rad/s", "the torso's angular velocity"), (-5, 5)),
            (Field("thigh.angle", (), "rad", "the hip joint"), (-2.6, 0)),
            (Field("leg.angle", (), "rad", "the knee joint"), (-2.6, 0)),
            (Field("foot.angle", (), "rad", "the ankle joint"), (-0.8, 0.8)),
            (Field("foot.pos", (3,), "m", "the foot's centre"), (-1, 1)),
            (Field("foot.is_touching", (), "1", "the foot touches the ground", dtype="bool"), (0, 1)),
        ),
        3,
    ),
    "ant": Family(
        "Walk forward, and wave the front left leg while doing so.",
        (
            (Field("torso.pos", (3,), "m", "the torso's centre; x is forward, y is left, z is up"), (-1, 2)),
            (Field("torso.quat", (4,), "1", "the torso's orientation, wxyz"), "unit"),
            (Field("torso.up", (3,), "1", "the torso's own up direction in the world; (0, 0, 1) when upright"), "unit"),
            (Field("torso.lin_vel", (3,), "m/s", "the torso's velocity"), (-3, 3)),
            (Field("torso.ang_vel", (3,), "rad/s", "the torso's angular velocity"), (-5, 5)),
            (
                Field(
                    "joints.angles",
                    (8,),
                    "rad",
                    "hip and ankle of the legs: front left, front right, back left, back right",
                ),
                (-1, 1),
            ),
            (Field("joints.vels", (8,), "rad/s", "velocities of the same"), (-8, 8)),
            (Field("feet.pos", (4, 3), "m", "the feet: front left, front right, back left, back right"), (-1, 1)),
            (Field("feet.contact", (4,), "1", "which feet touch the ground", dtype="bool"), (0, 1)),
        ),
        8,
    ),
}
