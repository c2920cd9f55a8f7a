"""The first round: programs that differ in structure before they differ in numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from text2reward.agent.composer import gait
from text2reward.agent.composer.gait import Gait
from text2reward.agent.composer.plan import Plan
from text2reward.agent.composer.world import Body, World

Known = TypeVar("Known", bound=Plan | Gait)

_PUSHING = (
    (Plan(), "reach the thing, then close the distance axis by axis"),
    (
        Plan(contact="behind", gate=0.1, move_weight=4.0),
        "go to the side away from the goal, and count the way to the goal only while the hand is near",
    ),
    (
        Plan(measure="norm", finish_weight=5.0),
        "reach the thing, then close the distance as a whole, with a bonus at the goal",
    ),
    (
        Plan(contact="above", offset=0.04, progress_weight=2.0, finish_weight=5.0),
        "come from above, and pay for every step that brings the thing nearer",
    ),
)
_CARRYING = (
    (
        Plan(contact="above", offset=0.045, gate=0.05, grip_weight=0.5, move_weight=6.0, reach_scale=8.0),
        "put the fingers around the thing, close them, then carry it to the goal",
    ),
    (
        Plan(contact="above", offset=0.045, grip_weight=0.5, measure="norm", finish_weight=5.0, move_weight=5.0),
        "put the fingers around the thing and carry it, with a bonus at the goal",
    ),
    (
        Plan(contact="above", offset=0.03, gate=0.08, grip_weight=1.0, move_weight=6.0, progress_weight=3.0),
        "grip firmly and pay for every step that brings the thing nearer",
    ),
    (Plan(gate=0.1, grip_weight=0.3, move_weight=5.0), "reach, grip and carry with soft gates"),
)
_REACHING = (
    (Plan(contact="above", offset=0.045, measure="norm"), "bring the hand to the goal"),
    (Plan(contact="above", offset=0.045), "bring the hand to the goal, axis by axis"),
    (Plan(measure="norm", finish_weight=5.0), "bring the hand to the goal, with a bonus there"),
    (Plan(measure="norm", move_scale=5.0, progress_weight=2.0), "pay for every step towards the goal"),
)


_DRAWN = ("reach_weight", "reach_scale", "move_weight", "move_scale", "progress_weight", "finish_weight")


def first_plans(world: World | Body, rng: np.random.Generator) -> Iterator[tuple[Plan | Gait, str]]:
    """Plans for a task nothing is known of yet: the family's structures as they are, then with drawn numbers."""
    family: Sequence[tuple[Plan | Gait, str]] = gait.FIRST
    if isinstance(world, World):
        family = {"push": _PUSHING, "carry": _CARRYING, "reach": _REACHING}[world.intent]
    yield from family
    while True:
        plan, note = family[int(rng.integers(len(family)))]
        yield drawn(plan, rng), f"{note}; other scales and weights"


def drawn(plan: Known, rng: np.random.Generator, spread: float = 0.4) -> Known:
    """The plan with its scales and weights drawn anew around what they are, on a logarithmic scale."""
    names = gait.DRAWN if isinstance(plan, Gait) else _DRAWN
    factors = np.exp(rng.normal(0, spread, len(names)))
    values = {name: round(getattr(plan, name) * float(f), 2) for name, f in zip(names, factors, strict=True)}
    return replace(plan, **values)
