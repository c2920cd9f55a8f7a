"""Where the fields of a ManiSkill task come from: functions of the environment, the same on a CPU and on a GPU.

What they return are tensors on the simulation's device with a row per parallel environment. They read poses, joints and
contacts of the simulated bodies, never the observation, and copy nothing to the host.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from text2reward.envs.field import Field, Varies

if TYPE_CHECKING:
    import torch

Of = Callable[[Any], Any]
"""From a ManiSkill environment to something in it: an actor, a pose, a tensor."""


@dataclass(frozen=True)
class Block:
    """Fields that are read together.

    Args:
        fields: in the order of the columns.
        read: from a ManiSkill environment of n parallel ones to tensors ``(n, k)`` or ``(n,)``, the columns in order.
    """

    fields: tuple[Field, ...]
    read: Callable[[Any], Sequence[torch.Tensor]]


def quantity(name: str, shape: tuple[int, ...], unit: str, doc: str, read: Of, varies: Varies = "step") -> Block:
    """One field."""
    return Block((Field(name, shape, unit, doc, varies),), lambda env: (read(env),))


def place(name: str, doc: str, read: Of, varies: Varies = "step") -> Block:
    """A point in space."""
    return quantity(name, (3,), "m", doc, read, varies)


def pose(group: str, doc: str, read: Of, varies: Varies = "step") -> Block:
    """Position and orientation, of what ``read`` returns the ``Pose``."""
    turned = f"orientation of the {_in_words(group)}, wxyz"
    return Block(
        (Field(f"{group}.pos", (3,), "m", doc, varies), Field(f"{group}.quat", (4,), "1", turned, varies)),
        lambda env: (read(env).raw_pose,),
    )


def velocity(group: str, actor: Of) -> Block:
    """Linear and angular velocity of an actor."""
    what = _in_words(group)
    return Block(
        (
            Field(f"{group}.vel", (3,), "m/s", f"velocity of the {what}"),
            Field(f"{group}.angular_vel", (3,), "rad/s", f"angular velocity of the {what}"),
        ),
        lambda env: (actor(env).linear_velocity, actor(env).angular_velocity),
    )


def grasping(thing: str, actor: Of, max_angle_deg: float = 85) -> Block:
    """Whether the fingers hold an actor, by ManiSkill's own test."""
    doc = (
        f"the robot grasps the {_in_words(thing)}: each finger presses on it with at least 0.5 N, "
        f"within {max_angle_deg:g} degrees of the direction in which the fingers close"
    )
    return Block(
        (Field(f"robot.is_grasping_{thing}", (), "1", doc, dtype="bool"),),
        lambda env: (env.agent.is_grasping(actor(env), max_angle=max_angle_deg),),
    )


def _in_words(group: str) -> str:
    return group.replace("_", " ")


_HAND = (
    Field("robot.ee_pos", (3,), "m", "the point between the fingertips"),
    Field("robot.ee_quat", (4,), "1", "orientation of the hand, wxyz; its z points out of the hand along the fingers"),
)


def _read_panda(env: Any) -> Sequence[torch.Tensor]:
    qpos, qvel = env.agent.robot.get_qpos(), env.agent.robot.get_qvel()
    return env.agent.tcp.pose.raw_pose, qpos[:, -2:].sum(dim=1), qpos[:, :-2], qvel[:, :-2]


PANDA = Block(
    (
        *_HAND,
        Field("robot.gripper_width", (), "m", "gap between the fingers, 0 closed to 0.08 wide open"),
        Field("robot.joint_pos", (7,), "rad", "the arm's joints, from the base to the wrist"),
        Field("robot.joint_vel", (7,), "rad/s", "their velocities"),
    ),
    _read_panda,
)
"""A Panda arm on a fixed base."""


def _read_fetch(env: Any) -> Sequence[torch.Tensor]:
    qpos, qvel = env.agent.robot.get_qpos(), env.agent.robot.get_qvel()
    # x, y, heading, torso, head pan, shoulder pan, head tilt, the rest of the arm, fingers
    arm = [part for joints in (qpos, qvel) for part in (joints[:, 5:6], joints[:, 7:-2])]
    return env.agent.tcp.pose.raw_pose, qpos[:, -2:].sum(dim=1), qpos[:, :4], *arm


FETCH = Block(
    (
        *_HAND,
        Field("robot.gripper_width", (), "m", "gap between the fingers, 0 closed to 0.1 wide open"),
        Field("robot.base_pos", (2,), "m", "where the base stands, x and y"),
        Field("robot.base_heading", (), "rad", "where the base faces, counter-clockwise from x"),
        Field("robot.torso_height", (), "m", "how far the torso is lifted"),
        Field("robot.joint_pos", (7,), "rad", "the arm's joints, from the shoulder to the wrist"),
        Field("robot.joint_vel", (7,), "rad/s", "their velocities"),
    ),
    _read_fetch,
)
"""A Fetch robot: wheeled base, torso, head and arm."""


def columns(blocks: Sequence[Block], env: Any) -> torch.Tensor:
    """The packed state of all n parallel environments of ``env``, ``(n, D)`` float32 on their device."""
    import torch

    parts = [part for block in blocks for part in block.read(env)]
    return torch.cat([part if part.dim() == 2 else part[:, None] for part in parts], dim=1).float()
