"""Later rounds: what to change about a plan, given what its training showed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from text2reward.agent.brief import Attempt
from text2reward.agent.composer.gait import Gait, gait_revisions
from text2reward.agent.composer.plan import Contact, Plan
from text2reward.agent.composer.sample import drawn
from text2reward.agent.composer.world import Body, World
from text2reward.agent.feedback import moments
from text2reward.record.curves import CurvePoint

_ARRIVED = 0.5
"""Mean of the reach term, as a share of its weight, from which the hand counts as having arrived."""

_RISE = 0.1
"""Growth of a term, as a share of its weight, from which it counts as learned."""


def revisions(
    plan: Plan | Gait,
    attempt: Attempt,
    target: float,
    tried: Sequence[Plan | Gait],
    world: World | Body,
    rng: np.random.Generator,
) -> Iterator[tuple[Plan | Gait, str]]:
    """Changed plans, the best reasoned first.

    Args:
        plan, attempt: the best program so far and how its training went.
        target: success rate that counts as solved.
        tried: plans of all attempts, to leave out.
        world: roles of the fields.
        rng: draws numbers.
    """
    rows = moments(attempt.curve)
    works = attempt.solved >= target
    proposals: Iterator[tuple[Plan | Gait, str]] = iter(())
    if isinstance(plan, Gait):
        proposals = gait_revisions(plan, rows, works)
    elif isinstance(world, World):
        proposals = _for_speed(plan, rng) if works else _for_success(plan, rows, world, rng)
    for proposal, note in proposals:
        if proposal not in tried:
            yield proposal, note
    while True:
        yield drawn(plan, rng, 0.5), "other scales and weights"


def _for_speed(plan: Plan, rng: np.random.Generator) -> Iterator[tuple[Plan, str]]:
    """It works; look for a program that is learned in fewer steps."""
    yield (
        replace(plan, progress_weight=round(2 * max(plan.progress_weight, 0.5), 2)),
        "it works; pay more for coming nearer, to learn faster",
    )
    yield (
        replace(plan, reach_scale=round(0.6 * plan.reach_scale, 2), move_scale=round(0.6 * plan.move_scale, 2)),
        "it works; softer distances, to guide from farther away",
    )
    yield (
        replace(plan, finish_weight=round(2 * max(plan.finish_weight, 1.0), 2), reach_weight=0.7 * plan.reach_weight),
        "it works; a larger bonus at the goal and less for waiting near the thing",
    )
    yield drawn(plan, rng, 0.25), "it works; small changes of scales and weights"


def _for_success(
    plan: Plan, rows: Sequence[CurvePoint], world: World, rng: np.random.Generator
) -> Iterator[tuple[Plan, str]]:
    """It does not work yet; change what the curves blame."""
    if world.thing is not None and _level(rows, "reach", plan.reach_weight) < _ARRIVED:
        yield (
            replace(plan, reach_weight=2 * plan.reach_weight, reach_scale=round(0.6 * plan.reach_scale, 2)),
            "the reach term stayed low; pay more for reaching, from farther away",
        )
        yield (
            replace(plan, contact=_other(plan.contact), gate=0.0),
            "the reach term stayed low; approach from elsewhere",
        )
    if _rise(rows, "move", plan.move_weight) < _RISE:
        yield (
            replace(plan, contact=_other(plan.contact), progress_weight=2 * max(plan.progress_weight, 1.0)),
            "the move term hardly rose; approach from elsewhere and pay for every step nearer",
        )
        yield (
            replace(plan, gate=0.0, move_weight=2 * plan.move_weight, reach_weight=round(0.5 * plan.reach_weight, 2)),
            "the move term hardly rose; pay more for moving it and less for being near",
        )
        yield (
            replace(plan, measure="norm" if plan.measure == "axes" else "axes", move_scale=0.5 * plan.move_scale),
            "the move term hardly rose; measure the way to the goal differently and from farther away",
        )
    else:
        yield (
            replace(plan, move_scale=2 * plan.move_scale, finish_weight=2 * max(plan.finish_weight, 1.0)),
            "the move term rose, but it does not finish; sharpen the distance at the goal and raise the bonus there",
        )
        yield (
            replace(plan, finish_width=round(0.5 * plan.finish_width, 3), finish_weight=max(4.0, plan.finish_weight)),
            "the move term rose, but it does not finish; a narrower, larger bonus at the goal",
        )
        yield (
            replace(plan, measure="norm" if plan.measure == "axes" else "axes"),
            "the move term rose, but it does not finish; measure the distance to the goal differently",
        )
    for contact in ("at", "behind", "above"):
        if contact != plan.contact:
            yield replace(plan, contact=contact), f"approach the thing {contact}"


def _level(rows: Sequence[CurvePoint], term: str, weight: float) -> float:
    """The term's last mean as a share of its weight."""
    return rows[-1].terms.get(term, 0.0) / weight if rows and weight else 0.0


def _rise(rows: Sequence[CurvePoint], term: str, weight: float) -> float:
    """How much the term grew over the training, as a share of its weight."""
    if not rows or not weight:
        return 0.0
    return (rows[-1].terms.get(term, 0.0) - rows[0].terms.get(term, 0.0)) / weight


def _other(contact: Contact) -> Contact:
    return {"at": "behind", "behind": "above", "above": "at"}[contact]  # type: ignore[return-value]
