"""What the composer understands of a task: roles of its fields, and what the sentence asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from text2reward.envs.field import Field
from text2reward.errors import UserError

Intent = Literal["reach", "push", "carry"]

_ROBOT_GROUPS = ("robot", "gripper", "hand", "arm", "ee", "tcp", "agent")
_EE_LEAVES = ("ee_pos", "tcp_pos", "grip_pos", "hand_pos", "pos")
_OPENNESS_LEAVES = ("gripper_openness", "gripper_width", "openness", "width")
_GOAL_GROUPS = ("goal", "target")

_CARRY = frozenset("pick picks grasp grasps lift lifts place places stack stacks carry carries put take hold".split())
_HAND = frozenset("gripper hand arm effector fingers fingertips tcp robot".split())
_REACH = frozenset("reach reaches touch touches approach".split())


@dataclass(frozen=True)
class World:
    """The parts of a task that the grammar talks about. Names are those of fields, ``group.leaf``.

    Args:
        hand: the end effector's position.
        openness: how open the gripper is, if there is such a field.
        thing: position of the object that has to move; None when the hand itself has to.
        goal: where the thing, or the hand, shall be.
        intent: ``reach``: bring the hand to the goal; ``push``: move the thing by contact; ``carry``: grasp it first.
        action_size: entries of the action; the last one is taken for the gripper where there is one.
        closes: value of that entry that closes it.
    """

    hand: str
    openness: str | None
    thing: str | None
    goal: str
    intent: Intent
    action_size: int
    closes: float = 1.0


def roles(fields: tuple[Field, ...], instruction: str) -> World | None:
    """The same without an action; None where the fields do not say where the hand or the goal is."""
    try:
        return understand(fields, instruction, 1)
    except UserError:
        return None


def understand(fields: tuple[Field, ...], instruction: str, action_size: int, closes: float = 1.0) -> World:
    """Find the roles in the fields and the intent in the sentence.

    Raises:
        UserError: no field is the hand's position, or no field is a goal's; the composer cannot work then.
    """
    positions = [field for field in fields if field.is_place]
    hand = _find(positions, _ROBOT_GROUPS, _EE_LEAVES)
    goal = _find(positions, _GOAL_GROUPS, ("pos",))
    if hand is None or goal is None:
        missing = "the hand (for example robot.ee_pos)" if hand is None else "a goal (goal.pos)"
        raise UserError(
            f"The composer finds no position of {missing} among the task's fields.",
            "Use a language model: --model openai/NAME or --model manual.",
        )
    openness = _find([field for field in fields if not field.shape], _ROBOT_GROUPS, _OPENNESS_LEAVES)
    things = [field.name for field in positions if field.name not in (hand, goal) and field.varies == "step"]
    words = set(re.findall(r"[a-z]+", instruction.lower()))
    thing = _mentioned(things, words)
    if thing is None and not words & (_HAND | _REACH):
        thing = things[0] if things else None
    if thing is None:
        intent: Intent = "reach"
    elif words & _CARRY and openness is not None:
        intent = "carry"
    else:
        intent = "push"
    return World(hand, openness, thing, goal, intent, action_size, closes)


def _find(fields: list[Field], groups: tuple[str, ...], leaves: tuple[str, ...]) -> str | None:
    for leaf in leaves:
        for field in fields:
            group, own_leaf = field.name.split(".")
            if own_leaf == leaf and group in groups:
                return field.name
    return None


def _mentioned(things: list[str], words: set[str]) -> str | None:
    """The thing whose group's name, or its plural, stands in the sentence."""
    for thing in things:
        parts = thing.split(".")[0].split("_")
        if any(part in words or f"{part}s" in words for part in parts):
            return thing
    return None
