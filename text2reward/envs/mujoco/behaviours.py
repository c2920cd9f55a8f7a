"""What a body did, decided from a whole episode: these environments have no success of their own.

A behaviour is a function of the fields over time, see :data:`text2reward.envs.judged.Happened`. It counts as having
happened when every one of its criteria holds; the reasons for the numbers are in ``docs/worlds.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import pi
from typing import Literal

import numpy as np

States = Mapping[str, np.ndarray]
"""Field name -> values over time, ``(T + 1, ...)``, the start first."""

UPRIGHT = 0.5
"""Least z of ``torso.up`` of a body that has not fallen: leaning by 60 degrees at most."""

HEAD_CLEAR_M = 0.45
"""Least height of the hopper's torso in a flip: its ends, 0.25 m from its centre, stay clear of the ground."""

FOOT_OFF_M = 0.25
"""Height of the foot's centre from which no part of the hopper's foot, at any angle, touches the ground."""

FULL_TURN = 2 * pi - pi / 6
"""Radians from which a flip counts as complete: back on top to within 30 degrees."""

LYING_M = 0.3
"""Greatest height of the ant's torso, a ball of 0.25 m radius, when it lies on the ground."""

LYING_SHARE = 0.2
"""Share of the episode, its end, in which the ant lies."""

STILL_M_S = 0.3
STILL_RAD_S = 1.0
"""Greatest speeds of a torso that lies still."""

RAISED_M = 0.2
"""Height of the tip of the ant's leg, 0.08 m thick, from which it is well off the ground."""

SWING_RAD = 0.35
SWINGS = 6
"""A wave: so many swings in turn, three to and three fro, each of 20 degrees or more; a hip goes through 60 at most."""

IN_PLACE_M = 1.0
"""How far the ant may move while it waves: less than its own width."""


@dataclass(frozen=True)
class MovesForward:
    """It gets along the x axis without falling.

    It never leans by more than 60 degrees nor sinks below ``lowest_m``, gets at least ``distance_m`` along x from where
    it began, and no farther to the side than ahead.

    Args:
        distance_m: from start to end.
        lowest_m: height of the torso's centre below which it has fallen.
    """

    distance_m: float
    lowest_m: float

    def __call__(self, states: States) -> bool:
        """Whether it happened in the episode."""
        pos = states["torso.pos"]
        up = bool((states["torso.up"][:, 2] >= UPRIGHT).all() and (pos[:, 2] >= self.lowest_m).all())
        ahead, aside, _ = pos[-1] - pos[0]
        return bool(up and ahead >= self.distance_m and abs(aside) <= ahead)

    def __str__(self) -> str:
        return (
            f"At the end the torso is at least {self.distance_m:g} m farther along x than at the start, and no farther "
            f"to the side than ahead; it never leans by more than 60 degrees nor sinks below {self.lowest_m:g} m."
        )


@dataclass(frozen=True)
class Flips:
    """The hopper turns over once in the air.

    Its torso turns by :data:`FULL_TURN` or more from how it began. Until then it stays :data:`HEAD_CLEAR_M` above the
    ground, and its foot :data:`FOOT_OFF_M` while the torso is upside down.

    Args:
        sense: 1 for a front flip, -1 for a back flip.
    """

    sense: Literal[1, -1]

    def __call__(self, states: States) -> bool:
        """Whether it happened in the episode."""
        turned = self.sense * (states["torso.pitch"] - states["torso.pitch"][0])
        if turned.max() < FULL_TURN:
            return False
        before = slice(0, int(np.argmax(turned >= FULL_TURN)) + 1)
        over = states["torso.up"][before, 2] < 0
        clear = states["torso.pos"][before, 2] >= HEAD_CLEAR_M
        off = states["foot.pos"][before, 2] >= FOOT_OFF_M
        return bool(clear.all() and off[over].all())

    def __str__(self) -> str:
        way = "forward" if self.sense > 0 else "back"
        return (
            f"The torso turns over {way} by {np.degrees(FULL_TURN):.0f} degrees or more; until then its centre stays "
            f"{HEAD_CLEAR_M:g} m above the ground, and the foot's {FOOT_OFF_M:g} m while the torso is upside down."
        )


@dataclass(frozen=True)
class LiesDown:
    """The ant's torso lies still on the ground during the last :data:`LYING_SHARE` of the episode.

    Its legs hold the torso 0.13 m off the ground even when they are stretched out flat, so it lies on its back.
    """

    def __call__(self, states: States) -> bool:
        """Whether it happened in the episode."""
        pos = states["torso.pos"]
        end = slice(-max(1, round(LYING_SHARE * len(pos))), None)
        down = pos[end, 2] <= LYING_M
        still = np.linalg.norm(states["torso.lin_vel"][end], axis=1) <= STILL_M_S
        unturned = np.linalg.norm(states["torso.ang_vel"][end], axis=1) <= STILL_RAD_S
        return bool((down & still & unturned).all())

    def __str__(self) -> str:
        return (
            f"During the last {LYING_SHARE:.0%} of the episode the torso's centre is at most {LYING_M:g} m high, moves "
            f"by at most {STILL_M_S:g} m/s and turns by at most {STILL_RAD_S:g} rad/s. It can so on its back only: the "
            "legs, stretched out flat, hold it 0.13 m off the ground."
        )


@dataclass(frozen=True)
class WavesLeg:
    """The ant lifts one leg and swings it to and fro while it stands on the others, in place.

    The torso never leans by more than 60 degrees nor moves by more than :data:`IN_PLACE_M` along the ground. For some
    leg there is a stretch of time in which its tip is :data:`RAISED_M` or more above the ground and at least two others
    are not, and in which its hip or its ankle makes :data:`SWINGS` swings of :data:`SWING_RAD` or more, in turn.

    Args:
        legs: groups of the legs' fields, without ``_foot``, ``_hip`` and ``_ankle``.
    """

    legs: tuple[str, ...]

    def __call__(self, states: States) -> bool:
        """Whether it happened in the episode."""
        pos = states["torso.pos"]
        upright = (states["torso.up"][:, 2] >= UPRIGHT).all()
        moved = np.linalg.norm(pos[:, :2] - pos[0, :2], axis=1).max()
        if not upright or moved > IN_PLACE_M:
            return False
        raised = np.stack([states[f"{leg}_foot.pos"][:, 2] >= RAISED_M for leg in self.legs])  # (L, T + 1)
        stands = (~raised).sum(axis=0) >= 2
        for leg, own in zip(self.legs, raised, strict=True):
            for stretch in _stretches(own & stands):
                angles = (states[f"{leg}_{joint}.angle"][stretch] for joint in ("hip", "ankle"))
                if any(swings(angle, SWING_RAD) >= SWINGS for angle in angles):
                    return True
        return False

    def __str__(self) -> str:
        return (
            f"One leg, its tip {RAISED_M:g} m or more above the ground, swings {SWINGS} times in turn by "
            f"{np.degrees(SWING_RAD):.0f} degrees or more at hip or ankle while at least two others stand; at no time "
            f"does the torso lean by more than 60 degrees or move by more than {IN_PLACE_M:g} m along the ground."
        )


def swings(angle: np.ndarray, least: float) -> int:
    """How often ``(T,)`` angles swing by ``least`` or more before they turn back by as much."""
    count, way = 0, 0
    low = high = angle[0]
    for value in angle:
        low, high = min(low, value), max(high, value)
        if way <= 0 and value - low >= least:
            count, way, high = count + 1, 1, value
        elif way >= 0 and high - value >= least:
            count, way, low = count + 1, -1, value
    return count


def _stretches(holds: np.ndarray) -> list[slice]:
    """The longest runs of ``(T,)`` true values, one slice each."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], holds, [False]]).astype(np.int8)))
    return [slice(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2], strict=True)]
