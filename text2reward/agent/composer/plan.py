"""The composer's grammar: what a program may consist of, as one frozen record of choices.

program  := reach [grip] move [progress] [finish] [effort]
reach    := weight x closeness(hand, contact)
contact  := at the thing | behind it, seen from the goal | above it
move     := weight x [near] x closeness(thing, goal)
progress := weight x clamp(how much nearer the thing came in this step)
finish   := weight x (thing within a tolerance of the goal, axis by axis or as a whole)
effort   := -weight x squared action
near     := 1 at the contact, falling off with the distance
closeness := 1 - tanh(scale x distance), as a whole or averaged over the axes
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from text2reward.agent.composer.gait import Gait

Contact = Literal["at", "behind", "above"]
Measure = Literal["norm", "axes"]

_MARK = "# composer: "


@dataclass(frozen=True)
class Plan:
    """One sentence of the grammar.

    Args:
        contact: where the hand should go; ``offset`` metres behind or above the thing.
        reach_weight, reach_scale: of the reach term; scale in 1/m.
        measure: how the distance to the goal is taken; averaging over axes forgives an offset that cannot be closed.
        move_weight, move_scale: of the move term.
        gate: in m, how near the hand must be for the move term to count; 0 for always.
        progress_weight: for coming nearer to the goal within the step; 0 leaves the term out.
        finish_weight, finish_width: bonus within ``finish_width`` m of the goal; 0 leaves it out.
        grip_weight: for closing the gripper at the contact; 0 leaves it out.
        effort_weight: of the squared action; 0 leaves it out.
    """

    contact: Contact = "at"
    offset: float = 0.05
    reach_weight: float = 1.0
    reach_scale: float = 5.0
    measure: Measure = "axes"
    move_weight: float = 3.0
    move_scale: float = 10.0
    gate: float = 0.0
    progress_weight: float = 1.0
    finish_weight: float = 2.0
    finish_width: float = 0.05
    grip_weight: float = 0.0
    effort_weight: float = 0.0


def to_comment(plan: Plan | Gait) -> str:
    """The plan as the last line of its program."""
    return _MARK + json.dumps(asdict(plan))


def read_plan(program: str | None) -> Plan | Gait | None:
    """The plan a program was written from; None when the composer did not write it."""
    if program is None:
        return None
    for line in reversed(program.splitlines()):
        if line.startswith(_MARK):
            return _from_json(line[len(_MARK) :])
    return None


def _from_json(text: str) -> Plan | Gait | None:
    try:
        data: Any = json.loads(text)
        for kind in (Plan, Gait):
            if isinstance(data, dict) and set(data) <= {field.name for field in fields(kind)}:
                return kind(**data)
    except (ValueError, TypeError):
        pass
    return None
