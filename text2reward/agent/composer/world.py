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

_BODY_GROUPS = ("torso", "trunk", "base", "body", "pelvis", "robot")
_AHEAD = frozenset("forward forwards ahead".split())
_BACK = frozenset("backward backwards".split())


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
        closing: sign of the last entry that closes the gripper.
    """

    hand: str
    openness: str | None
    thing: str | None
    goal: str
    intent: Intent
    action_size: int
    closing: float = 1.0


@dataclass(frozen=True)
class Body:
    """The parts of a task in which a body moves. Names are those of fields.

    Args:
        pos: its position; z is up.
        up: its own up direction in the world.
        velocity: its velocity; x is forward, y to the side.
        way: 1 where the sentence asks to move forward, -1 for backward.
    """

    pos: str
    up: str
    velocity: str
    way: Literal[1, -1]


def roles(fields: tuple[Field, ...], instruction: str) -> World | None:
    """The same without an action; None where the fields do not say where the hand or the goal is."""
    world = understood(fields, instruction)
    return world if isinstance(world, World) else None


def understood(fields: tuple[Field, ...], instruction: str) -> World | Body | None:
    """The same without an action; None where fields and sentence do not say what to do."""
    try:
        return understand(fields, instruction, 1)
    except UserError:
        return None


def understand(fields: tuple[Field, ...], instruction: str, action_size: int, closing: float = 1.0) -> World | Body:
    """Find the roles in the fields and the intent in the sentence.

    Raises:
        UserError: the fields say neither where a hand and a goal are nor how a body moves, or the sentence asks a body
            for what the grammar has no words for; the composer cannot work then.
    """
    positions = [field for field in fields if field.is_place]
    hand = _find(positions, _ROBOT_GROUPS, _EE_LEAVES)
    goal = _find(positions, _GOAL_GROUPS, ("pos",))
    if hand is None or goal is None:
        group = _body(fields)
        if group is not None:
            return Body(f"{group}.pos", f"{group}.up", f"{group}.lin_vel", _way(instruction))
        raise UserError(
            _no_position("the hand", "robot.ee_pos", fields, _ROBOT_GROUPS, _EE_LEAVES)
            if hand is None
            else _no_position("a goal", "goal.pos", fields, _GOAL_GROUPS, ("pos",)),
            "Use a language model: --model openai/NAME or --model manual.",
        )
    openness = _find([field for field in fields if not field.shape], _ROBOT_GROUPS, _OPENNESS_LEAVES)
    things = [field.name for field in positions if field.name not in (hand, goal) and field.varies == "step"]
    words = _words(instruction)
    thing = _mentioned(things, words)
    if thing is None and not words & (_HAND | _REACH):
        thing = things[0] if things else None
    if thing is None:
        intent: Intent = "reach"
    elif words & _CARRY and openness is not None:
        intent = "carry"
    else:
        intent = "push"
    return World(hand, openness, thing, goal, intent, action_size, closing)


def _body(fields: tuple[Field, ...]) -> str | None:
    """The group that says how a body moves: where it is, which way is up for it, and how fast it goes."""
    names = {field.name for field in fields if field.shape == (3,)}
    for group in _BODY_GROUPS:
        if {f"{group}.pos", f"{group}.up", f"{group}.lin_vel"} <= names:
            return group
    return None


def _way(instruction: str) -> Literal[1, -1]:
    words = _words(instruction)
    if bool(words & _AHEAD) == bool(words & _BACK):
        raise UserError(
            "The composer can make a body move forward or backward, and the sentence does not say which.",
            "Say so, or use a language model: --model openai/NAME or --model manual.",
        )
    return 1 if words & _AHEAD else -1


def _words(instruction: str) -> set[str]:
    return set(re.findall(r"[a-z]+", instruction.lower()))


def _find(fields: list[Field], groups: tuple[str, ...], leaves: tuple[str, ...]) -> str | None:
    for leaf in leaves:
        for field in fields:
            group, own_leaf = field.name.split(".")
            if own_leaf == leaf and group in groups:
                return field.name
    return None


def _no_position(
    what: str, example: str, fields: tuple[Field, ...], groups: tuple[str, ...], leaves: tuple[str, ...]
) -> str:
    """What is missing, or what is wrong with the field that is named like it."""
    named = _find(list(fields), groups, leaves)
    if named is None:
        return f"The composer finds no position of {what} (for example {example}) among the task's fields."
    signature = next(field.signature for field in fields if field.name == named)
    return f"The composer needs the position of {what} as three numbers in m, and {named} is {signature}."


def _mentioned(things: list[str], words: set[str]) -> str | None:
    """The thing whose group's name, or its plural, stands in the sentence."""
    for thing in things:
        parts = thing.split(".")[0].split("_")
        if any(part in words or f"{part}s" in words for part in parts):
            return thing
    return None
