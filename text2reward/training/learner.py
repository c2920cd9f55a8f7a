"""An algorithm at work: what a trainer needs of it, whichever it is."""

from __future__ import annotations

import io
import pickle
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, TypeVar, cast

import numpy as np
from stable_baselines3 import PPO, SAC
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.utils import set_random_seed
from stable_baselines3.common.vec_env import VecNormalize
from torch import nn

from text2reward.envs.simulator import Simulator
from text2reward.envs.task import Task
from text2reward.training.checked_simulator import CheckedSimulator
from text2reward.training.policy import Policy, Snapshot
from text2reward.training.reward_source import RewardSource
from text2reward.training.rollout import RolloutLog
from text2reward.training.rollout_curve import RolloutCurve, RolloutResult
from text2reward.training.seeds import integers
from text2reward.training.settings import PPOSettings, SACSettings, TrainSettings
from text2reward.training.vector_env import SimulatorVecEnv

Model = TypeVar("Model", PPO, SAC)
Told = Callable[[RolloutResult], None]

ACTIVATIONS: Mapping[str, type[nn.Module]] = {
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "elu": nn.ELU,
    "leaky_relu": nn.LeakyReLU,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
}
"""Activation functions by the names they have in ``torch.nn.functional``."""


class Learner(ABC, Generic[Model]):
    """Networks, environments and what is made of their rewards. Either :meth:`begin` or :meth:`resume` it.

    Args:
        task: what is learned.
        reward: where rewards come from.
        settings: the hyperparameters.
        told: called after each rollout; what it raises ends the training.
    """

    algorithm: ClassVar[type[PPO] | type[SAC]]
    model: Model
    env: VecNormalize

    def __init__(self, task: Task, reward: RewardSource, settings: TrainSettings, told: Told) -> None:
        steps, num_envs = settings.learner.steps_per_rollout, settings.learner.n_envs
        self._log = RolloutLog(task, steps, num_envs)
        self._simulator = CheckedSimulator.made(lambda: task.make_training(num_envs), steps=0)
        self._venv = self._make_venv(self._simulator, reward)
        self._rollout = steps * num_envs
        self._curve = self._make_curve(task, reward, settings, told)
        self.settings = settings

    @property
    def last_returns(self) -> list[float]:
        """Mean own returns of the last two rollouts in which whole episodes ended."""
        return list(self._curve.last_returns)

    def begin(self, seed: int) -> None:
        """Start from nothing, with networks drawn from ``seed``."""
        self.env = self._make_env()
        set_random_seed(seed)
        self.model = self._make_model()

    def resume(self, state: Mapping[str, Any], last_returns: list[float]) -> None:
        """Go on from what :meth:`state` gave."""
        self.env = cast(VecNormalize, pickle.loads(state["normaliser"]))
        self.env.set_venv(self._venv)
        self.model = cast(Model, self.algorithm.load(io.BytesIO(state["learner"]), env=self.env, device="cpu"))
        self._curve.last_returns = list(last_returns)
        self._simulator.steps = self.model.num_timesteps // self._simulator.num_envs

    def state(self) -> dict[str, Any]:
        """All that a learner needs to go on, but for environments, which are made anew: plain data and tensors."""
        model = io.BytesIO()
        self.model.save(model)
        return {"learner": model.getvalue(), "normaliser": pickle.dumps(self.env)}

    def log_to(self, logger: Logger) -> None:
        """Where numbers about learning go."""
        self.model.set_logger(logger)

    def learn(self, rollouts: int, seeds: np.random.SeedSequence) -> None:
        """Some rollouts from freshly made environments, all randomness drawn from ``seeds``."""
        env_seeds, own, clocks = seeds.spawn(3)
        number = integers(own, 1)[0]
        set_random_seed(number)
        self.model.action_space.seed(number)
        self._venv.plan_reset(integers(env_seeds, self.env.num_envs), np.random.default_rng(clocks))
        self.model.set_env(self.env)
        self._curve.restart()
        # The environment is reset inside `learn`, because `set_env` forgot the last observation.
        self._learn(rollouts * self._rollout)

    def policy(self) -> Policy:
        """The present policy; it changes with the learner."""
        return Policy(self.model, self.env)

    def snapshot(self) -> Snapshot:
        """A copy of the present policy."""
        return Snapshot.take(self.model, self.env)

    def restore(self, snapshot: Snapshot) -> None:
        """Put a copy back."""
        snapshot.restore(self.model, self.env)

    def close(self) -> None:
        """Close the environments."""
        self.env.close()

    def _make_venv(self, simulator: Simulator, reward: RewardSource) -> SimulatorVecEnv:
        return SimulatorVecEnv(simulator, self._log)

    @abstractmethod
    def _make_curve(self, task: Task, reward: RewardSource, settings: TrainSettings, told: Told) -> RolloutCurve: ...

    @abstractmethod
    def _make_env(self) -> VecNormalize: ...

    @abstractmethod
    def _make_model(self) -> Model: ...

    @abstractmethod
    def _learn(self, transitions: int) -> None: ...


def policy_kwargs(settings: PPOSettings | SACSettings, *names: str) -> dict[str, Any]:
    """The networks' part of the hyperparameters, with ``names`` as they are."""
    networks = {"net_arch": list(settings.net_arch), "activation_fn": ACTIVATIONS[settings.activation_fn]}
    return {**networks, **{name: getattr(settings, name) for name in names}}
