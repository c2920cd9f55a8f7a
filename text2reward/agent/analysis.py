"""The trajectory analyser without a model: failed rollouts sorted by how far they got, with cause and advice.

It knows positions only: what belongs to the robot, what can be moved, and the goal; or which way a body goes, and
whether it stays up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from text2reward.agent.composer.world import Body, understood
from text2reward.envs.field import Field, StateLayout
from text2reward.training.trajectories import Trajectories

NEAR_M = 0.08
MOVED_M = 0.01
BACK_M = 0.03
FALLEN = 0.5
"""z of a body's up direction below which it has fallen: it leans by more than 60 degrees."""

MOST_CAUSES = 2


@dataclass(frozen=True)
class _Way:
    """Distances over time between two places, ``(N, T + 1)``, and how far the first one was moved, ``(N,)``."""

    apart: np.ndarray
    moved: np.ndarray

    @property
    def closest(self) -> np.ndarray:
        return np.asarray(self.apart.min(axis=1))


def analyse(layout: StateLayout, instruction: str, own: Trajectories) -> list[str]:
    """Causes and advice for the judged episodes that were not solved, the most frequent first; empty without any."""
    judged = [i for i, source in enumerate(own.source) if source == "judged" and not own.solved[i]]
    if not judged:
        return []
    failed = own.rows(judged)
    found = [(int(which.sum()), text) for which, text in _causes(layout, instruction, failed) if which.any()]
    found.sort(key=lambda each: -each[0])
    return [f"In {count} of {len(failed)} unsolved episodes {text}" for count, text in found[:MOST_CAUSES]]


def _causes(layout: StateLayout, instruction: str, failed: Trajectories) -> Iterator[tuple[np.ndarray, str]]:
    world = understood(layout.fields, instruction)
    if world is None:
        return
    if isinstance(world, Body):
        yield from _moving(layout, world, failed)
        return
    by_name = {field.name: field for field in layout.fields}
    hand, goal = by_name[world.hand], by_name[world.goal]
    if world.thing is None:
        yield from _going(_way(layout, failed, hand, goal), hand.name, np.ones(len(failed), dtype=bool))
        return
    thing = by_name[world.thing]
    reach = _way(layout, failed, hand, thing)
    way = _way(layout, failed, thing, goal)
    far = reach.closest > NEAR_M
    yield (
        far,
        f"{hand.name} never comes near {thing.name} (its closest is {_typical(reach.closest, far)} m away). Pay more "
        "for coming near, on a scale that is felt from where the episode starts.",
    )
    idle = ~far & (way.moved < MOVED_M)
    yield (
        idle,
        f"{hand.name} comes to {_typical(reach.closest, idle)} m from {thing.name} but {thing.name} is not moved. "
        "Being there must not pay enough to stay: say from which side to touch it, and pay for every step that moves "
        "it.",
    )
    yield from _going(way, thing.name, ~far & ~idle)


def _going(way: _Way, name: str, among: np.ndarray) -> Iterator[tuple[np.ndarray, str]]:
    """How something that moves misses the goal."""
    start, closest, end = way.apart[:, 0], way.closest, way.apart[:, -1]
    astray = among & (closest > start - MOVED_M)
    yield (
        astray,
        f"{name} moves by {_typical(way.moved, astray)} m but never nearer to the goal. Pay for the distance to the "
        "goal to shrink, and touch it from the side away from the goal.",
    )
    back = among & ~astray & (end > closest + BACK_M)
    yield (
        back,
        f"{name} comes to {_typical(closest, back)} m from goal.pos and leaves again, to {_typical(end, back)} m. Pay "
        "for staying at the goal, and nothing for moving as such.",
    )
    short = among & ~astray & ~back
    yield (
        short,
        f"{name} stops {_typical(end, short)} m from goal.pos, having started {_typical(start, short)} m away. The "
        "last part must pay: sharpen the distance near the goal or add a bonus there.",
    )


def _moving(layout: StateLayout, body: Body, failed: Trajectories) -> Iterator[tuple[np.ndarray, str]]:
    """How a body does not get along."""
    pos, up = (failed.state[:, :, layout.columns(name)] for name in (body.pos, body.up))
    down = up[:, :, 2] < FALLEN  # (N, T + 1)
    ahead = body.way * (pos[:, :, 0] - pos[:, :1, 0])
    fallen = np.asarray(down.any(axis=1))
    standing = np.asarray(~fallen)
    first = down.argmax(axis=1)
    until = ahead[np.arange(len(failed)), first]
    yield (
        fallen,
        f"it falls: {body.up} leans by more than 60 degrees from step {_typical(first, fallen)} of {down.shape[1] - 1} "
        f"on, {_typical(until, fallen)} m along the way. Pay for staying up, and for speed only while it does.",
    )
    yield (
        standing,
        f"it does not fall, but at the end is {_typical(ahead[:, -1], standing)} m along the way and "
        f"{_typical(np.abs(pos[:, -1, 1] - pos[:, 0, 1]), standing)} m beside it, its lowest height "
        f"{_typical(pos[:, :, 2].min(axis=1), standing)} m. Pay more for speed along the way, and less for standing.",
    )


def _way(layout: StateLayout, seen: Trajectories, what: Field, where: Field) -> _Way:
    here, there = (seen.state[:, :, layout.columns(field.name)] for field in (what, where))
    moved = np.linalg.norm(here - here[:, :1], axis=2).max(axis=1)
    return _Way(np.linalg.norm(here - there, axis=2), moved)


def _typical(values: np.ndarray, which: np.ndarray) -> str:
    return f"{np.median(values[which]):.2g}" if which.any() else "-"
