"""The tasks with faucets and cabinets, as data. They need object models that are downloaded.

What the actors are, where they start and when a task is solved was read in the ``mani_skill`` package, file by file
(``envs/tasks/tabletop/turn_faucet.py``, ``envs/tasks/mobile_manipulation/open_cabinet_drawer.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from text2reward.envs.maniskill.blocks import FETCH, place, quantity
from text2reward.envs.maniskill.places import slid, turned
from text2reward.envs.maniskill.task import declare
from text2reward.envs.task import Task

_CABINET = (
    "A cabinet on the ground, its front facing the robot, which stands 1.6 m to 1.8 m away; all of it is shut, and "
    "one {0} is to be opened. The model, the {0} and the robot's place differ between episodes."
)
_CABINET_AXES = (
    "Axes: the cabinet is at the origin and faces -x, where the robot stands; z is up; z = 0 is the ground. "
)
_CABINET_MODELS = ("cabinet_drawer", "cabinet_door")  # ManiSkill wants all cabinets for either task
_CABINET_GOAL = "where the {}'s handle is once it is open far enough"


def _faucet_handle(env: Any) -> Any:
    handle = env.target_switch_link
    return (handle.pose * handle.cmass_local_pose).p


def _faucet_joint(env: Any) -> Any:
    return env.target_switch_link.joint


def _faucet_angle(env: Any) -> Any:
    return env.current_angle.reshape(-1)  # (1, 1) on a CPU


def _left_to_turn(env: Any) -> Any:
    return env.target_angle - _faucet_angle(env)


def _cabinet_handle(env: Any) -> Any:
    return env.handle_link_positions()


def _cabinet_joint(env: Any) -> Any:
    return env.handle_link.joint


def _opening(env: Any) -> Any:
    return env.handle_link.joint.qpos.reshape(-1)  # (1, 1) on a CPU


def _target_opening(env: Any) -> Any:
    return env.target_qpos.reshape(-1)


def _left_to_open(env: Any) -> Any:
    return _target_opening(env) - _opening(env)


WITH_JOINTS: Sequence[Task] = (
    declare(
        "TurnFaucet-v1",
        "Turn on a faucet by rotating its handle. The task is finished when qpos of faucet handle is larger than "
        "target qpos.",
        "A faucet on the table with one or more handles, one of which is to be turned. The model, the handle and its "
        "place differ between episodes.",
        (
            place("faucet.handle_pos", "the centre of mass of the handle that is to be turned", _faucet_handle),
            quantity("faucet.angle", (), "rad", "how far that handle is turned", _faucet_angle),
            quantity(
                "faucet.target_angle", (), "rad", "how far it shall be turned", lambda env: env.target_angle, "reset"
            ),
            quantity(
                "faucet.axis", (3,), "1", "the direction it turns about", lambda env: env.target_joint_axis, "reset"
            ),
            place(
                "goal.pos",
                "where faucet.handle_pos is at the target angle",
                turned(_faucet_handle, _faucet_joint, _left_to_turn),
            ),
        ),
        "faucet.angle is larger than faucet.target_angle.",
        observation_size=33,
        horizon=200,
        models=("faucet",),
    ),
    declare(
        "OpenCabinetDrawer-v1",
        "A single-arm mobile robot needs to open a cabinet drawer. The task is finished when qpos of cabinet drawer is "
        "larger than target qpos.",
        _CABINET.format("drawer"),
        (
            place("drawer.handle_pos", "the middle of the drawer's handle", _cabinet_handle),
            quantity("drawer.opening", (), "m", "how far the drawer is open", _opening),
            quantity("drawer.target_opening", (), "m", "how far it shall be open", _target_opening, "reset"),
            place("goal.pos", _CABINET_GOAL.format("drawer"), slid(_cabinet_handle, _cabinet_joint, _left_to_open)),
        ),
        "drawer.opening is at least drawer.target_opening and the drawer moves slower than 0.1 m/s.",
        observation_size=44,
        horizon=100,
        axes=_CABINET_AXES,
        models=_CABINET_MODELS,
        robot=FETCH,
    ),
    declare(
        "OpenCabinetDoor-v1",
        "A single-arm mobile robot needs to open a cabinet door. The task is finished when qpos of cabinet door is "
        "larger than target qpos.",
        _CABINET.format("door"),
        (
            place("door.handle_pos", "the middle of the door's handle", _cabinet_handle),
            quantity("door.angle", (), "rad", "how far the door is open", _opening),
            quantity("door.target_angle", (), "rad", "how far it shall be open", _target_opening, "reset"),
            place("goal.pos", _CABINET_GOAL.format("door"), turned(_cabinet_handle, _cabinet_joint, _left_to_open)),
        ),
        "door.angle is at least door.target_angle and the door moves slower than 1 rad/s and 0.1 m/s.",
        observation_size=44,
        horizon=100,
        axes=_CABINET_AXES,
        models=_CABINET_MODELS,
        robot=FETCH,
    ),
)
