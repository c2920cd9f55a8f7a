"""Everything a training needs to go on as if it had never been killed."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import os
import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from text2reward.record.atomic import written
from text2reward.record.curves import CurvePoint
from text2reward.training.outcome import Kept
from text2reward.training.policy import Snapshot

_UNREADABLE = (
    OSError,
    ValueError,
    RuntimeError,
    EOFError,
    LookupError,
    TypeError,
    zipfile.BadZipFile,
    pickle.UnpicklingError,
)
"""What a damaged file may raise."""


@dataclass(frozen=True)
class Contender:
    """A policy that may be the one that a training keeps.

    Args:
        kept: whether it was the last policy when it was taken, or the one with the peak own return.
        sim_steps: simulator steps after which it was taken.
        policy: a copy of it.
    """

    kept: Kept
    sim_steps: int
    policy: Snapshot


@dataclass
class Progress:
    """How far a training has come.

    Args:
        segments, rollouts: done so far.
        curve: one point per rollout.
        last_attempt: rollouts done when the target was last tried to be proved.
        last_returns: mean own returns of the last two rollouts in which whole episodes ended.
        peak_return, peak_sim_steps, peak: the policy with the highest own return so far, and when that was.
        kept: the policy that was kept when the training paused last.
        wall_s: seconds that it took so far.
    """

    segments: int = 0
    rollouts: int = 0
    last_attempt: int = 0
    curve: list[CurvePoint] = field(default_factory=list)
    last_returns: list[float] = field(default_factory=list)
    peak_return: float = -math.inf
    peak_sim_steps: int = 0
    peak: Snapshot | None = None
    kept: Contender | None = None
    wall_s: float = 0.0


class Checkpoint:
    """One file, replaced as a whole: a checkpoint is there completely or it is the one before.

    Args:
        path: the file's, without its ending.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.with_suffix(".pt")

    def exists(self) -> bool:
        """Whether there is one to go on from."""
        return self._path.is_file()

    def write(self, learner: Mapping[str, Any], progress: Progress) -> None:
        """Replace the checkpoint; written straight to the disk, because a replay buffer may be large.

        Args:
            learner: what :meth:`.Learner.state` gave.
            progress: how far the training has come.
        """
        content = {
            **learner,
            "curve": json.dumps([point.to_json() for point in progress.curve]),
            "counts": [progress.segments, progress.rollouts, progress.last_attempt, progress.peak_sim_steps],
            "last_returns": list(progress.last_returns),
            "peak_return": progress.peak_return,
            "peak": progress.peak.to_tensors() if progress.peak else None,
            "kept": [kept.kept, kept.sim_steps, kept.policy.to_tensors()] if (kept := progress.kept) else None,
            "wall_s": progress.wall_s,
        }
        with written(self._path, self._path.with_suffix(".part")) as part, part.open("wb") as file:
            torch.save(content, file)  # of a file that is open, Python tells why it cannot be written

    def read(self) -> tuple[dict[str, Any], Progress] | None:
        """The learner's state and the progress; None where the file is damaged.

        A damaged one is put aside, because the training begins anew then.
        """
        try:
            with zipfile.ZipFile(self._path) as archive:
                damaged = archive.testzip()  # PyTorch does not look whether the numbers are those that were written
            if damaged is None:
                return self._content(torch.load(self._path, weights_only=True))
        except _UNREADABLE as error:
            damaged = f"{type(error).__name__}: {error}"
        logging.getLogger(__name__).warning("%s is damaged (%s): the training begins anew", self._path, damaged)
        with contextlib.suppress(OSError):
            os.replace(self._path, self._path.with_suffix(".damaged"))
        return None

    def _content(self, content: dict[str, Any]) -> tuple[dict[str, Any], Progress]:
        segments, rollouts, last_attempt, peak_sim_steps = content["counts"]
        progress = Progress(
            segments=segments,
            rollouts=rollouts,
            last_attempt=last_attempt,
            curve=[CurvePoint(**point) for point in json.loads(content["curve"])],
            last_returns=content["last_returns"],
            peak_return=content["peak_return"],
            peak_sim_steps=peak_sim_steps,
            peak=Snapshot.from_tensors(content["peak"]) if content["peak"] else None,
            kept=Contender(kept[0], kept[1], Snapshot.from_tensors(kept[2])) if (kept := content.get("kept")) else None,
            wall_s=content.get("wall_s", 0.0),
        )
        return content, progress
