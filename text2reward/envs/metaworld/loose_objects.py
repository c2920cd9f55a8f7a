"""Tasks with things that are pushed or carried about: pucks, balls, mugs, pegs, nuts, tools."""

from __future__ import annotations

from collections.abc import Sequence

from text2reward.envs.metaworld.tasks import Object, declare
from text2reward.envs.task import Task

NUT = "the nut's handle; the centre of its ring lies 0.13 m from it along +y of the nut's own axes"
STICK = "the stick's centre; its right end lies 0.05 m from it along +x of the stick's own axes"

LOOSE_OBJECTS: Sequence[Task] = (
    declare(
        "sweep-into-v3",
        "Sweep a puck from the initial position into a hole.",
        "A puck, a block with sides of 0.04 m, on a raised table top at z = 0.05 with a hole at the far side. "
        "The puck's place along x and y differs between episodes.",
        [Object("puck", "the puck's centre")],
        "the middle of the hole",
        "The puck is within 0.05 m of the hole's middle, measured along x and y.",
        goal_varies="never",
    ),
    declare(
        "reach-v3",
        "Move the gripper to the goal position.",
        "A goal position in the air and a puck on the table that plays no part. Both places differ between episodes.",
        [Object("puck", "the puck's centre; the puck plays no part", "orientation of the puck", "xyzw")],
        "where the point between the fingertips shall be",
        "The point between the fingertips is within 0.05 m of the goal.",
    ),
    declare(
        "pick-place-v3",
        "Pick up the puck and place it at the goal position.",
        "A puck of 0.02 m radius on the table and a goal position in the air. Both places differ between episodes.",
        [Object("puck", "the puck's centre", "orientation of the puck", "xyzw")],
        "where the puck's centre shall be",
        "The puck is within 0.07 m of the goal.",
    ),
    declare(
        "push-v3",
        "Push the puck to the goal position.",
        "A puck of 0.02 m radius on the table and a goal position on the table, farther away from the robot. "
        "Both places differ between episodes.",
        [Object("puck", "the puck's centre", "orientation of the puck", "xyzw")],
        "where the puck's centre shall be",
        "The puck is within 0.05 m of the goal.",
    ),
    declare(
        "sweep-v3",
        "Sweep a puck off the table.",
        "A puck, a block with sides of 0.04 m, on the table and a goal position on the right (+x). "
        "The puck's place along x and y differs between episodes, and with it the goal's along y.",
        [Object("puck", "a point 0.02 m below the puck's centre", "orientation of the puck")],
        "where puck.pos shall be: at x = 0.5, with the y at which the puck starts",
        "puck.pos is within 0.05 m of the goal.",
        horizon=60,
    ),
    declare(
        "reach-wall-v3",
        "Bypass a wall and reach a goal.",
        "A goal position at the far side; before it, at y = 0.75 from x = -0.02 to x = 0.22, a wall 0.12 m high; and a "
        "puck on the table that plays no part. The places of goal and puck differ between episodes.",
        [Object("puck", "the puck's centre; the puck plays no part", "orientation of the puck", "xyzw")],
        "where the point between the fingertips shall be",
        "The point between the fingertips is within 0.05 m of the goal.",
    ),
    declare(
        "push-wall-v3",
        "Bypass a wall and push a puck to a goal.",
        "A puck of 0.02 m radius on the table, a goal position on the table, farther away from the robot, and between "
        "them, at y = 0.75 from x = -0.02 to x = 0.22, a wall 0.12 m high. "
        "The places of puck and goal differ between episodes.",
        [Object("puck", "the puck's centre", "orientation of the puck", "xyzw")],
        "where the puck's centre shall be",
        "The puck is within 0.07 m of the goal.",
    ),
    declare(
        "push-back-v3",
        "Pull a puck to a goal.",
        "A puck, a block with sides of 0.04 m, on the table at the far side and a goal position on the table, nearer "
        "to the robot. Both places differ between episodes.",
        [Object("puck", "the puck's centre")],
        "where the puck's centre shall be",
        "The puck is within 0.07 m of the goal.",
        horizon=130,
    ),
    declare(
        "pick-place-wall-v3",
        "Pick a puck, bypass a wall and place the puck.",
        "A puck of 0.02 m radius on the table, a goal position in the air, farther away from the robot, and between "
        "them, at y = 0.75 from x = -0.02 to x = 0.22, a wall 0.12 m high. "
        "The places of puck and goal differ between episodes.",
        [Object("puck", "the puck's centre", "orientation of the puck", "xyzw")],
        "where the puck's centre shall be",
        "The puck is within 0.07 m of the goal.",
    ),
    declare(
        "pick-out-of-hole-v3",
        "Pick up a puck from a hole.",
        "A table top raised to z = 0.05 with a square hole, 0.3 m wide and 0.05 m deep, around x = 0, y = 0.8. A puck "
        "of 0.02 m radius lies in it, always in the same place. A goal position in the air, nearer to the robot, "
        "differs between episodes.",
        [Object("puck", "the puck's centre")],
        "where the puck's centre shall be",
        "The puck is within 0.07 m of the goal.",
        horizon=60,
    ),
    declare(
        "bin-picking-v3",
        "Grasp the puck from one bin and place it into another bin.",
        "Two open bins side by side, 0.2 m square with walls 0.06 m high: a puck, a block with sides of 0.04 m, lies "
        "in the left one, around x = -0.12, y = 0.7; the right one, around x = 0.12, y = 0.7, is empty. The puck's "
        "place in its bin differs between episodes.",
        [Object("puck", "the puck's centre", "orientation of the puck")],
        "the middle of the right bin at the height of the table, 0.03 m below the centre of a puck that lies there",
        "The puck is within 0.05 m of the goal.",
        goal_varies="never",
        horizon=120,
    ),
    declare(
        "shelf-place-v3",
        "Pick and place a puck onto a shelf.",
        "A puck, a block with sides of 0.04 m, on the table and, farther away, a shelf that is open to the robot, with "
        "a board whose top is 0.25 m above the table. The places of puck and shelf along x and y differ between "
        "episodes.",
        [Object("puck", "the puck's centre")],
        "above the middle of the board, 0.03 m higher than the centre of a puck that lies there",
        "The puck is within 0.07 m of the goal.",
        twin=False,  # moves the goal out of reach at every reset
    ),
    declare(
        "hand-insert-v3",
        "Insert the gripper into a hole.",
        "A block with sides of 0.04 m on a raised table top at z = 0.05 and, behind it, a hole 0.1 m deep from x = "
        "-0.08 to x = 0.08 and y = 0.76 to y = 0.92, into which the gripper is to take the block. The block's place on "
        "the table top and the goal's in the hole differ between episodes.",
        [Object("block", "the block's centre")],
        "where the block's centre shall be, in the hole; where the gripper is does not count",
        "The block is within 0.05 m of the goal.",
    ),
    declare(
        "basketball-v3",
        "Dunk the basketball into the basket.",
        "A ball of 0.03 m radius on the table and, farther away, a hoop, 0.25 m above the table, on a stand with a "
        "backboard. The places of ball and stand along x and y differ between episodes.",
        [Object("ball", "the ball's centre")],
        "the middle of the hoop; the ball's centre shall be 0.05 m above it, about to fall through",
        "The ball is within 0.08 m of the point 0.05 m above the goal, differences in z counted twice.",
    ),
    declare(
        "soccer-v3",
        "Kick a soccer into the goal.",
        "A ball of 0.026 m radius on the table and, farther away, a soccer goal that is open to the robot (-y). "
        "The places of ball and soccer goal along x and y differ between episodes.",
        [Object("ball", "the ball's centre")],
        "the middle of the soccer goal at the height of the table",
        "The ball is within 0.07 m of the goal.",
        horizon=60,
    ),
    declare(
        "coffee-push-v3",
        "Push a mug under a coffee machine.",
        "A mug of 0.03 m radius, 0.07 m high, with its handle on the right, and at the far side a coffee machine whose "
        "place for a mug is the goal. The places of mug and machine along x and y differ between episodes.",
        [Object("mug", "the middle of the mug's bottom", "orientation of the mug", "xyzw")],
        "where the middle of the mug's bottom shall be",
        "mug.pos is within 0.07 m of the goal.",
    ),
    declare(
        "coffee-pull-v3",
        "Pull a mug from a coffee machine.",
        "A mug of 0.03 m radius, 0.07 m high, with its handle on the right, that stands at a coffee machine at the far "
        "side, and a goal position on the table, nearer to the robot. "
        "The places of goal and of mug and machine along x and y differ between episodes.",
        [Object("mug", "the middle of the mug's bottom", "orientation of the mug", "xyzw")],
        "where the middle of the mug's bottom shall be",
        "mug.pos is within 0.07 m of the goal.",
    ),
    declare(
        "box-close-v3",
        "Grasp the cover and close the box with it.",
        "A square cover with a handle on its top, which starts 0.08 m above the table and falls onto it, and behind it "
        "an open box, 0.2 m square with walls 0.06 m high. The places of cover and box along x and y differ between "
        "episodes.",
        [Object("cover", "the middle of the cover; its handle reaches up to 0.09 m above", "orientation of the cover")],
        "above the middle of the box, 0.05 m higher than cover.pos when the cover lies on the box",
        "cover.pos is within 0.08 m of the goal.",
        horizon=70,
    ),
    declare(
        "assembly-v3",
        "Pick up a nut and place it onto a peg.",
        "A nut, a ring with a hole 0.06 m wide and a handle that sticks out to +x, lies on the table, always in the "
        "same place; farther away stands a peg of 0.02 m radius, 0.1 m high. The peg's place along x and y differs "
        "between episodes.",
        [Object("nut", NUT, "orientation of the nut")],
        "the top of the peg; the ring's centre shall be lower than it and off it by less than 0.02 m along x and y",
        "The ring's centre is within 0.02 m of the goal, measured along x and y, and lower than it.",
    ),
    declare(
        "disassemble-v3",
        "Pick a nut out of the peg.",
        "A nut, a ring with a hole 0.06 m wide and a handle, lies on the table around a peg of 0.02 m radius that "
        "stands 0.1 m high. Their common place along x and y differs between episodes; in most the handle sticks out "
        "to +x, in some it starts turned.",
        [Object("nut", NUT, "orientation of the nut")],
        "0.15 m above the ring's centre at the start; only its z counts: nut.pos shall be higher",
        "The nut's handle is higher than the goal.",
        horizon=110,
        twin=False,  # lets an episode start with the nut as the one before left it turned
    ),
    declare(
        "peg-insert-side-v3",
        "Insert a peg sideways.",
        "A peg, 0.24 m long and 0.03 m thick, lies on the table along x and never turns; on the left stands a box with "
        "a hole, 0.06 m wide and high, in its right side, 0.13 m above the table. The peg goes in to the left (-x). "
        "The places of peg and box along x and y differ between episodes.",
        [Object("peg", "where the peg is gripped; its head lies 0.13 m to the left (-x) of it and 0.01 m below")],
        "where the peg's head shall be, in the hole, 0.07 m behind its mouth",
        "The peg's head is within 0.07 m of the goal, differences in y and z counted twice.",
        horizon=100,
    ),
    declare(
        "peg-unplug-side-v3",
        "Unplug a peg sideways.",
        "A wall on the left, across x, with a peg that is plugged into its right side, 0.13 m above the table, and is "
        "pulled out to the right (+x). The wall's place along x and y differs between episodes.",
        [Object("peg", "the thick end of the peg, which sticks out of the wall", "orientation of the peg")],
        "where peg.pos shall be, 0.11 m to the right of where it starts, at the same height",
        "peg.pos is within 0.07 m of the goal.",
        horizon=100,
    ),
    declare(
        "hammer-v3",
        "Hammer a screw on the wall.",
        "A hammer that lies on the table near the robot, its handle along x and its head on the right, and at the far "
        "right a block with a screw, 0.11 m above the table, that sticks out towards the robot (-y) and is driven in "
        "away from it (+y). The hammer's place along x and y differs between episodes.",
        [
            Object(
                "hammer",
                "the middle of the hammer's handle; its head lies 0.16 m along +x of the hammer's own axes, and the "
                "face that strikes 0.07 m from there along their +y",
                "orientation of the hammer",
            ),
            Object("screw", "the screw's head"),
        ],
        "where the screw's head is when it is driven in",
        "The screw is driven in by more than 0.09 m, which puts its head within 0.01 m of the goal.",
        goal_varies="never",
        twin=False,  # moves the goal, and with it the reward, out of reach at every reset
    ),
    declare(
        "stick-push-v3",
        "Grasp a stick and push a box using the stick.",
        "A stick, 0.1 m long and 0.04 m thick, lies on the table along x; to the right of it stands the box, a round "
        "flask of 0.06 m radius, which slides on the table without turning and always starts in the same place. The "
        "stick pushes it to the right (+x). The stick's place along x and y and the goal's along y differ between "
        "episodes.",
        [
            Object("stick", STICK, "orientation of the stick", "xyzw"),
            Object("box", "the box's middle, at z = 0.13"),
        ],
        "where box.pos shall be",
        "box.pos is within 0.12 m of the goal while both fingers hold the stick and stick.pos is above z = 0.03.",
    ),
    declare(
        "stick-pull-v3",
        "Grasp a stick and pull a box with the stick.",
        "A stick, 0.1 m long and 0.04 m thick, lies on the table along x; to the right of it stands the box, a round "
        "flask of 0.06 m radius, which slides on the table without turning and always starts in the same place. Its "
        "handle points to the robot (-y); the stick goes into the opening of the handle to the right (+x) and pulls "
        "the box to the right and towards the robot. The places of stick and goal along x and y differ between "
        "episodes.",
        [
            Object("stick", STICK, "orientation of the stick", "xyzw"),
            Object("handle", "the middle of the opening in the box's handle"),
        ],
        "where handle.pos shall be along x and y; it lies 0.11 m lower than handle.pos ever is",
        "handle.pos is within 0.12 m of the goal, and the stick is in the handle: its right end is not to the left of "
        "handle.pos, and off it by at most 0.04 m along y and 0.06 m along z.",
        horizon=130,
    ),
)
