"""Everything a training needs to go on as if it had never been killed."""

from __future__ import annotations

import io
import json
import math
import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import torch
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecEnv, VecNormalize

from text2reward.record.atomic import write_bytes
from text2reward.record.curves import CurvePoint
from text2reward.training.outcome import Kept
from text2reward.training.policy import Snapshot
from text2reward.training.reward_scale import RewardScale


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


class Checkpoint:
    """One folder, replaced as a whole file: a checkpoint is there completely or it is the one before.

    Args:
        folder: where it lies.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder.with_suffix(".pt")

    def exists(self) -> bool:
        """Whether there is one to go on from."""
        return self._path.is_file()

    def write(self, model: PPO, env: VecNormalize, scale: RewardScale, progress: Progress) -> None:
        """Replace the checkpoint."""
        learner = io.BytesIO()
        model.save(learner)
        content = {
            "learner": learner.getvalue(),
            "normaliser": pickle.dumps(env),
            "scale": json.dumps(scale.to_json()),
            "curve": json.dumps([point.to_json() for point in progress.curve]),
            "counts": [progress.segments, progress.rollouts, progress.last_attempt, progress.peak_sim_steps],
            "last_returns": list(progress.last_returns),
            "peak_return": progress.peak_return,
            "peak": progress.peak.to_tensors() if progress.peak else None,
            "kept": [kept.kept, kept.sim_steps, kept.policy.to_tensors()] if (kept := progress.kept) else None,
        }
        out = io.BytesIO()
        torch.save(content, out)
        write_bytes(self._path, out.getvalue())

    def read(self, venv: VecEnv, scale: RewardScale) -> tuple[PPO, VecNormalize, Progress]:
        """The learner, the normaliser around ``venv`` and the progress; ``scale`` is brought up to date."""
        content = torch.load(self._path, weights_only=True)
        env = cast(VecNormalize, pickle.loads(content["normaliser"]))
        env.set_venv(venv)
        model = PPO.load(io.BytesIO(content["learner"]), env=env, device="cpu")
        scale.from_json(json.loads(content["scale"]))
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
        )
        return model, env, progress

    def delete(self) -> None:
        """Remove the checkpoint of a training that is done."""
        self._path.unlink(missing_ok=True)
