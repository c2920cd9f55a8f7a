"""The grammar for a body that moves: a second kind of plan, for tasks without a hand and a goal.

program := stand forward [effort]
stand   := weight x upright x tall
forward := weight x [upright x tall x] clamp(speed along the way, less a share of that across it, / pace)
effort  := -weight x squared action
upright := 0 where the body leans too far, rising to 1 where it is level
tall    := height / 1 m, at most 1
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from text2reward.agent.composer.world import Body
from text2reward.record.curves import CurvePoint

TERMS = ("stand", "forward", "effort")

_STANDS = 0.7
"""Mean of the stand term, as a share of its weight, from which the body counts as standing."""

_FAST = 0.7
"""The same of the forward term, for a body that keeps its pace."""


@dataclass(frozen=True)
class Gait:
    """One sentence of the grammar.

    Args:
        stand_weight: for being upright and tall.
        lean: z of the body's up direction up to which it counts as not upright at all.
        forward_weight: for speed.
        pace: in m/s, the speed from which more is not paid for.
        gated: whether speed counts only as far as the body is upright and tall.
        straight: how much speed across the way takes off.
        effort_weight: of the squared action; 0 leaves it out.
    """

    stand_weight: float = 1.0
    lean: float = 0.5
    forward_weight: float = 2.0
    pace: float = 1.5
    gated: bool = True
    straight: float = 0.5
    effort_weight: float = 0.05


DRAWN = ("stand_weight", "forward_weight", "pace", "effort_weight")
"""What is drawn anew, on a logarithmic scale, when structures are used up."""

FIRST = (
    (Gait(), "pay for speed as far as the body stays up"),
    (Gait(stand_weight=0.5, forward_weight=4.0, pace=3.0), "pay more for speed, and for more of it"),
    (Gait(gated=False, stand_weight=2.0, pace=1.0, effort_weight=0.02), "pay for standing and for speed, apart"),
    (Gait(lean=0.8, pace=1.0, effort_weight=0.1), "stay level, at a slower pace and with less effort"),
)


def gait_revisions(gait: Gait, rows: Sequence[CurvePoint], works: bool) -> Iterator[tuple[Gait, str]]:
    """Changed plans, the best reasoned first.

    Args:
        gait: the best so far.
        rows: moments of its training.
        works: whether it reached the target.
    """
    if works:
        yield replace(gait, pace=round(0.7 * gait.pace, 2)), "it works; a slower pace may be learned faster"
        yield replace(gait, forward_weight=2 * gait.forward_weight), "it works; pay more for speed, to learn faster"
        return
    if _share(rows, "stand", gait.stand_weight) < _STANDS:
        yield (
            replace(gait, stand_weight=2 * gait.stand_weight, gated=True),
            "it falls; pay more for standing, and for speed only while it stands",
        )
        yield replace(gait, pace=round(0.6 * gait.pace, 2)), "it falls; pay for no more than a slower pace"
        yield replace(gait, lean=0.8, effort_weight=2 * gait.effort_weight), "it falls; keep it level and calm"
    if _share(rows, "forward", gait.forward_weight) < _FAST:
        yield (
            replace(gait, forward_weight=2 * gait.forward_weight, stand_weight=0.5 * gait.stand_weight),
            "it is slow; pay more for speed and less for standing",
        )
        yield replace(gait, effort_weight=0.2 * gait.effort_weight), "it is slow; charge less for effort"
    yield replace(gait, straight=2 * gait.straight), "it does not get far enough; pay for going straight"
    yield replace(gait, pace=round(1.5 * gait.pace, 2)), "it does not get far enough; pay for a faster pace"


def gait_lines(gait: Gait, body: Body) -> Iterator[str]:
    """The statements of the program, the terms among them."""
    ahead = "" if body.way > 0 else "-"
    yield f"upright = torch.clamp((state.{body.up}[:, 2] - {gait.lean:g}) / {1 - gait.lean:g}, 0, 1)"
    yield f"stands = upright * torch.clamp(state.{body.pos}[:, 2], 0, 1)"
    yield f"across = torch.abs(state.{body.velocity}[:, 1])"
    yield f"speed = {ahead}state.{body.velocity}[:, 0] - {gait.straight:g} * across"
    yield f"stand = {gait.stand_weight:g} * stands"
    gated = "stands * " if gait.gated else ""
    yield f"forward = {gait.forward_weight:g} * {gated}torch.clamp(speed / {gait.pace:g}, -1, 1)"
    if gait.effort_weight > 0:
        yield f"effort = -{gait.effort_weight:g} * (action**2).mean(dim=-1)"


def _share(rows: Sequence[CurvePoint], term: str, weight: float) -> float:
    """The term's last mean as a share of its weight."""
    return rows[-1].terms.get(term, 0.0) / weight if rows and weight else 0.0
