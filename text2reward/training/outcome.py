"""What a training ended with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from text2reward.training.evaluate import Episode
from text2reward.training.statistics import Rate

StopReason = Literal["steps", "target", "gave-up", "heat", "hours"]
Kept = Literal["last", "peak"]


@dataclass(frozen=True)
class Outcome:
    """The policy a training ended with, as judged on the select episodes.

    Args:
        reason: why it stopped: all ``steps`` done, the ``target`` proved, ``gave-up`` as the settings said, a
            ``heat`` was over, after which it may go on, or the run's ``hours`` were.
        kept: whether the last policy was kept or the one with the peak own return.
        sim_steps: simulator steps trained.
        kept_sim_steps: simulator steps after which the kept policy was taken.
        select, select_at_end: success at some step, and at the last step.
        episodes: the select episodes themselves.
        wall_s: seconds that it took; of a training that was killed, those up to its last checkpoint count as well.
    """

    reason: StopReason
    kept: Kept
    sim_steps: int
    kept_sim_steps: int
    select: Rate
    select_at_end: Rate
    episodes: tuple[Episode, ...]
    wall_s: float = field(default=0.0, compare=False)

    def to_json(self) -> dict[str, Any]:
        """The outcome as plain data."""
        return {
            "reason": self.reason,
            "kept": self.kept,
            "sim_steps": self.sim_steps,
            "kept_sim_steps": self.kept_sim_steps,
            "select": [self.select.k, self.select.n],
            "select_at_end": [self.select_at_end.k, self.select_at_end.n],
            "episodes": [episode.to_json() for episode in self.episodes],
            "wall_s": self.wall_s,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Outcome:
        """The outcome that :meth:`to_json` wrote."""
        return cls(
            reason=data["reason"],
            kept=data["kept"],
            sim_steps=data["sim_steps"],
            kept_sim_steps=data["kept_sim_steps"],
            select=Rate(*data["select"]),
            select_at_end=Rate(*data["select_at_end"]),
            episodes=tuple(Episode(**episode) for episode in data["episodes"]),
            wall_s=data["wall_s"],
        )
