"""The tasks with rigid things on a table, as data.

What the actors are, where they start and when a task is solved was read in the ``mani_skill`` package, file by file
(``envs/tasks/tabletop/*.py``: ``_load_scene``, ``_initialize_episode``, ``evaluate``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from text2reward.envs.maniskill.blocks import grasping, place, pose, quantity, velocity
from text2reward.envs.maniskill.places import above, ahead, at_height
from text2reward.envs.maniskill.task import declare
from text2reward.envs.task import Task

_CUBE = "a cube with sides of 0.04 m"
_PEG = "a square peg of 0.24 m x 0.05 m x 0.05 m"
_PEG_POS = "the peg's centre; its x points along the peg"
_DIFFER = " Places differ between episodes."
_STILL = "no joint of the arm moves faster than 0.2 rad/s"


def _peg(env: Any) -> Any:
    return env.peg


CUBES: Sequence[Task] = (
    declare(
        "LiftCube",
        "Pick up cube A and lift it up by 0.2 meter.",
        f"Cube A, {_CUBE}, on the table." + _DIFFER,
        (
            pose("cube", "cube A's centre", lambda env: env.cube.pose),
            place("goal.pos", "0.2 m above where cube A's centre starts", lambda env: env.goal_site.pose.p, "reset"),
            grasping("cube", lambda env: env.cube),
        ),
        f"Cube A's centre is at least 0.22 m above the table and {_STILL}.",
        observation_size=42,
        uid="Text2RewardLiftCube-v1",
    ),
    declare(
        "PickCube-v1",
        "Pick up cube A and move it to the 3D goal position.",
        f"Cube A, {_CUBE}, on the table, and a goal up to 0.3 m above the table." + _DIFFER,
        (
            pose("cube", "cube A's centre", lambda env: env.cube.pose),
            place("goal.pos", "where cube A's centre shall be", lambda env: env.goal_site.pose.p, "reset"),
            grasping("cube", lambda env: env.cube),
        ),
        f"Cube A's centre is within 0.025 m of the goal and {_STILL}.",
        observation_size=42,
    ),
    declare(
        "StackCube-v1",
        "Pick up cube A and place it on cube B. The task is finished when cube A is on top of cube B stably (i.e. "
        "cube A is static) and isn't grasped by the gripper.",
        f"Cube A and cube B, each {_CUBE}, apart from each other on the table." + _DIFFER,
        (
            pose("cube_a", "cube A's centre", lambda env: env.cubeA.pose),
            pose("cube_b", "cube B's centre", lambda env: env.cubeB.pose),
            place(
                "goal.pos", "where cube A's centre shall be, 0.04 m above cube B's", above(lambda env: env.cubeB, 0.04)
            ),
            velocity("cube_a", lambda env: env.cubeA),
            grasping("cube_a", lambda env: env.cubeA),
        ),
        "Cube A's centre is 0.04 m above cube B's, to 0.005 m, and within 0.033 m of it along x and y; cube A moves "
        "slower than 0.01 m/s and 0.5 rad/s; the robot does not grasp it.",
        observation_size=48,
    ),
    declare(
        "PushCube-v1",
        "Push the cube to the goal region.",
        f"{_CUBE.capitalize()} on the table, and a round goal region of 0.1 m radius on the table, its centre 0.2 m "
        "farther away from the robot." + _DIFFER,
        (
            pose("cube", "the cube's centre", lambda env: env.obj.pose),
            place("goal.pos", "the goal region's centre", lambda env: env.goal_region.pose.p, "reset"),
        ),
        "The cube's centre is within 0.1 m of the goal region's, measured along x and y, and the cube is on the table.",
        observation_size=35,
    ),
    declare(
        "PullCube-v1",
        "Pull the cube to the goal region.",
        f"{_CUBE.capitalize()} on the table, and a round goal region of 0.1 m radius on the table, its centre 0.2 m "
        "nearer to the robot." + _DIFFER,
        (
            pose("cube", "the cube's centre", lambda env: env.obj.pose),
            place("goal.pos", "the goal region's centre", lambda env: env.goal_region.pose.p, "reset"),
        ),
        "The cube's centre is within 0.1 m of the goal region's, measured along x and y.",
        observation_size=35,
    ),
)

TOOLS: Sequence[Task] = (
    declare(
        "LiftPegUpright-v1",
        "Pick up the peg and place it upright on the table.",
        f"{_PEG.capitalize()} that lies flat on the table." + _DIFFER,
        (
            pose("peg", _PEG_POS, lambda env: env.peg.pose),
            place("goal.pos", "where the peg's centre is once it stands upright here", at_height(_peg, 0.12)),
            grasping("peg", _peg),
        ),
        "The third of the peg's XYZ Euler angles is within 0.08 rad of a right angle, as when the peg was tipped up "
        "without being rolled onto another side, and its centre is 0.12 m above the table, to 0.005 m.",
        observation_size=32,
    ),
    declare(
        "PokeCube-v1",
        "Poke the cube with the peg and push it to the goal region.",
        f"{_PEG.capitalize()} that lies on the table along x; beyond its head {_CUBE}; beyond that a round "
        "goal region of 0.05 m radius, its centre 0.1 m beyond the cube's." + _DIFFER,
        (
            pose("cube", "the cube's centre", lambda env: env.cube.pose),
            pose("peg", _PEG_POS, lambda env: env.peg.pose),
            place("peg.head_pos", "the middle of the peg's far end, +x", lambda env: env.peg_head_pose.p),
            place("goal.pos", "the goal region's centre", lambda env: env.goal_region.pose.p, "reset"),
            grasping("peg", _peg),
        ),
        f"The cube's centre is within 0.05 m of the goal region's, measured along x and y, and {_STILL}.",
        observation_size=54,
    ),
    declare(
        "PullCubeTool-v1",
        "Pull the cube within the robot's reach with the L-shaped tool.",
        f"{_CUBE.capitalize()} on the table, out of the arm's reach, and an L-shaped tool within reach: a "
        "handle of 0.2 m along the tool's x and at its far end a hook that sticks out 0.1 m along its y; "
        "it is 0.05 m thick." + _DIFFER,
        (
            pose("cube", "the cube's centre", lambda env: env.cube.pose),
            pose("tool", "the near end of the tool's handle", lambda env: env.l_shape_tool.pose),
            place("goal.pos", "the robot's base", lambda env: env.agent.robot.links[0].pose.p, "never"),
            grasping("tool", lambda env: env.l_shape_tool, max_angle_deg=20),
        ),
        "The cube's centre is within 0.6 m of the robot's base, measured along x and y.",
        observation_size=39,
        horizon=100,
    ),
    declare(
        "RollBall-v1",
        "Push the ball so that it rolls to the goal region.",
        "A ball of 0.035 m radius on a long table, in front of the robot, and at the table's far end, about 1.5 m "
        "away, a round goal region of 0.1 m radius. Places differ between episodes.",
        (
            place("ball.pos", "the ball's centre", lambda env: env.ball.pose.p),
            velocity("ball", lambda env: env.ball),
            place("goal.pos", "the goal region's centre", lambda env: env.goal_region.pose.p, "reset"),
        ),
        "The ball's centre is within 0.1 m of the goal region's, measured along x and y.",
        observation_size=44,
        horizon=80,
        axes="Axes: the robot's base is at (-0.1, 1, 0) and faces -y; z is up; z = 0 is the table's top. ",
    ),
    declare(
        "PlaceSphere-v1",
        "Pick up the sphere and place it in the bin.",
        "A sphere of 0.02 m radius on the table, and farther away from the robot a shallow, square bin of "
        "0.05 m, open at the top." + _DIFFER,
        (
            pose("sphere", "the sphere's centre", lambda env: env.obj.pose),
            place("bin.pos", "the middle of the bin's bottom plate", lambda env: env.bin.pose.p, "reset"),
            place(
                "goal.pos",
                "where the sphere's centre shall be, in the bin",
                above(lambda env: env.bin, 0.0225),
                "reset",
            ),
            velocity("sphere", lambda env: env.obj),
            grasping("sphere", lambda env: env.obj),
        ),
        "The sphere's centre is within 0.005 m of the goal along z, and along x and y together; it moves slower than "
        "0.01 m/s and 0.5 rad/s; the robot does not grasp it.",
        observation_size=39,
    ),
)

INSERTIONS: Sequence[Task] = (
    declare(
        "PegInsertionSide-v1",
        "Pick up the peg and insert its orange end into the hole in the box.",
        "A square peg that lies on the table, its head orange, its tail white, and to its left a box with a hole "
        "that goes through it along the box's x and is 0.003 m wider than the peg on each side. Sizes and places "
        "differ between episodes.",
        (
            pose("peg", "the peg's centre; its x points along the peg to its head", lambda env: env.peg.pose),
            place("peg.head_pos", "the middle of the end of the peg's head", lambda env: env.peg_head_pose.p),
            quantity(
                "peg.half_length", (), "m", "half the peg's length", lambda env: env.peg_half_sizes[:, 0], "reset"
            ),
            quantity("peg.half_width", (), "m", "half the peg's width", lambda env: env.peg_half_sizes[:, 1], "reset"),
            pose("hole", "the hole's middle; its x points along the hole", lambda env: env.box_hole_pose, "reset"),
            quantity("hole.half_width", (), "m", "half the hole's width", lambda env: env.box_hole_radii, "reset"),
            pose(
                "goal",
                "where the peg's centre is once its head is in the hole's middle",
                lambda env: env.goal_pose,
                "reset",
            ),
            grasping("peg", _peg, max_angle_deg=20),
        ),
        "The end of the peg's head lies at most 0.015 m before the hole's middle along the hole, and within the hole's "
        "half width across it.",
        observation_size=43,
        horizon=100,
    ),
    declare(
        "PlugCharger-v1",
        "Pick up the charger and plug it into the receptacle.",
        "A charger on the table, a block of 0.04 m x 0.03 m x 0.024 m with two flat prongs of 0.016 m at "
        "its front (+x), and farther away a receptacle that stands 0.1 m above the table, its slots 0.0005 "
        "m wider than the prongs on each side." + _DIFFER,
        (
            pose(
                "charger",
                "where the charger's prongs leave its block; its x points along the prongs",
                lambda env: env.charger.pose,
            ),
            place(
                "charger.base_pos",
                "the middle of the charger's block, where it is held",
                ahead(lambda env: env.charger.pose, lambda env: -env._base_size[0]),
            ),
            pose(
                "receptacle",
                "the middle of the receptacle's front, which its x points out of",
                lambda env: env.receptacle.pose,
                "reset",
            ),
            pose("goal", "where charger.pos is once it is plugged in", lambda env: env.goal_pose, "reset"),
            grasping("charger", lambda env: env.charger),
        ),
        "charger.pos is within 0.005 m of goal.pos, and the charger is turned within 0.2 rad of goal.quat.",
        observation_size=46,
        horizon=200,
    ),
)
