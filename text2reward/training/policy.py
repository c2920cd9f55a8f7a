"""A trained policy: plain Stable-Baselines3 files and a function from observations to actions."""

from __future__ import annotations

import copy
import json
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3 import PPO, SAC
from stable_baselines3.common.running_mean_std import RunningMeanStd
from stable_baselines3.common.vec_env import VecNormalize

from text2reward.errors import UserError
from text2reward.record.atomic import written
from text2reward.record.files import RESTORE
from text2reward.record.writer import NORMALISER, POLICY

_KNOWN_BY: Mapping[str, type[PPO] | type[SAC]] = {"clip_range": PPO, "target_entropy": SAC}
"""Which attribute stands in the file of which algorithm, and in no other's."""


class Policy:
    """Acts without exploring.

    Args:
        model: the learner that holds the network.
        normaliser: holds the running statistics of the observations.
    """

    def __init__(self, model: PPO | SAC, normaliser: VecNormalize) -> None:
        self._model, self._normaliser = model, normaliser

    def __call__(self, observation: np.ndarray) -> np.ndarray:
        """``(N, O)`` observations -> ``(N, A)`` actions within the task's range."""
        normal = self._normaliser.normalize_obs(observation)
        action, _ = self._model.predict(cast(np.ndarray, normal), deterministic=True)
        return action

    def __repr__(self) -> str:
        sizes = [spaces.flatdim(space) for space in (self._model.observation_space, self._model.action_space)]
        return f"<Policy of {type(self._model).__name__}: observations (N, {sizes[0]}) -> actions (N, {sizes[1]})>"

    def save(self, folder: Path) -> None:
        """Write ``policy.zip`` and ``vecnormalize.pkl``, each whole or not at all."""
        with written(folder / POLICY, folder / "policy.part.zip") as part:
            self._model.save(part)
        with written(folder / NORMALISER, folder / "vecnormalize.part") as part:
            self._normaliser.save(str(part))

    @classmethod
    def load(cls, folder: Path) -> Policy:
        """Read what :meth:`save` wrote. The files are pickles: load only what you trust.

        Raises:
            UserError: a file is missing, or is none of these.
        """
        for name in (POLICY, NORMALISER):
            if not (folder / name).is_file():
                raise UserError(f"There is no {name} in {folder}.", "Name a folder that holds a trained policy.")
        try:
            with (folder / NORMALISER).open("rb") as file:
                normaliser = pickle.load(file)
            return cls(_algorithm(folder / POLICY).load(folder / POLICY, device="cpu"), normaliser)
        except UserError:
            raise
        except Exception as error:  # unpickling may raise anything
            raise UserError(f"The policy in {folder} cannot be read: {error}.", RESTORE) from error


def _algorithm(path: Path) -> type[PPO] | type[SAC]:
    """Which algorithm trained the policy in a file of Stable-Baselines3."""
    with zipfile.ZipFile(path) as archive:
        attributes = json.loads(archive.read("data"))
    for name, algorithm in _KNOWN_BY.items():
        if name in attributes:
            return algorithm
    raise UserError(f"The policy in {path.parent} was trained by neither PPO nor SAC.", "Train it with one of them.")


class Snapshot:
    """A copy of what makes a policy, taken while training goes on.

    Args:
        weights: the network's parameters.
        mean, var, count: the observations' running statistics.
    """

    def __init__(self, weights: Mapping[str, torch.Tensor], mean: np.ndarray, var: np.ndarray, count: float) -> None:
        self.weights, self.mean, self.var, self.count = weights, mean, var, count

    @classmethod
    def take(cls, model: PPO | SAC, normaliser: VecNormalize) -> Snapshot:
        """Copy the present policy."""
        statistics = cast(RunningMeanStd, normaliser.obs_rms)
        weights = {name: value.clone() for name, value in model.policy.state_dict().items()}
        return cls(weights, statistics.mean.copy(), statistics.var.copy(), float(statistics.count))

    def restore(self, model: PPO | SAC, normaliser: VecNormalize) -> None:
        """Put the copy back into the learner."""
        model.policy.load_state_dict(dict(self.weights))
        statistics = cast(RunningMeanStd, normaliser.obs_rms)
        statistics.mean, statistics.var, statistics.count = self.mean.copy(), self.var.copy(), self.count

    def to_tensors(self) -> dict[str, Any]:
        """Plain tensors, for ``torch.save``."""
        return {
            "weights": dict(self.weights),
            "mean": torch.from_numpy(self.mean),
            "var": torch.from_numpy(self.var),
            "count": self.count,
        }

    @classmethod
    def from_tensors(cls, data: dict[str, Any]) -> Snapshot:
        """The snapshot that :meth:`to_tensors` wrote."""
        return cls(copy.copy(data["weights"]), data["mean"].numpy(), data["var"].numpy(), data["count"])
