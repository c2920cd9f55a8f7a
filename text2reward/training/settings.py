"""What a training is run with. The values are those that solve the benchmark tasks; see ``docs/training.md``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Keep = Literal["last", "peak", "better"]


@dataclass(frozen=True)
class PPOChoices:
    """PPO's hyperparameters as they are asked for, by their names in Stable-Baselines3; None leaves one to the task."""

    n_envs: int | None = None
    n_steps: int | None = None
    batch_size: int | None = None
    n_epochs: int | None = None
    learning_rate: float | None = None
    gamma: float | None = None
    gae_lambda: float | None = None
    clip_range: float | None = None
    ent_coef: float | None = None
    vf_coef: float | None = None
    max_grad_norm: float | None = None
    net_arch: tuple[int, ...] | None = None


@dataclass(frozen=True)
class PPOSettings(PPOChoices):
    """The same with a value for each: those that hold for tasks which ask for no others."""

    n_envs: int = 32
    n_steps: int = 16
    batch_size: int = 256
    n_epochs: int = 10
    learning_rate: float = 1e-3
    gamma: float = 0.95
    gae_lambda: float = 0.95
    clip_range: float = 0.2
    ent_coef: float = 0.0
    vf_coef: float = 0.5
    max_grad_norm: float = 0.5
    net_arch: tuple[int, ...] = (64, 64)


@dataclass(frozen=True)
class TrainSettings:
    """How long to train and when to stop.

    Args:
        sim_steps: simulator steps at most, action repeats counted.
        checkpoint_share: a checkpoint is written each time this share of the steps is done.
        target: success rate that counts as solved.
        stop_at_target: stop at the first checkpoint where the select episodes prove the target is passed.
        give_up_after: stop without that proof after this many simulator steps; None to use all.
        pause_after: stop at the first checkpoint from this many simulator steps on; the same training goes on from
            there when it is asked for again with more. None to use all.
        keep: the ``last`` policy, the one with the ``peak`` own return, or the ``better`` of both by select episodes.
        select_episodes: episodes by which checkpoints and candidates are compared.
        ppo: the learner's hyperparameters.
    """

    sim_steps: int = 300_000
    checkpoint_share: float = 0.1
    target: float = 0.9
    stop_at_target: bool = True
    give_up_after: int | None = None
    pause_after: int | None = None
    keep: Keep = "better"
    select_episodes: int = 30
    ppo: PPOSettings = field(default_factory=PPOSettings)

    def rollouts(self, rollout: int) -> int:
        """How many rollouts of so many simulator steps each a training has."""
        return max(1, round(self.sim_steps / rollout))

    def between_checkpoints(self, rollouts: int) -> int:
        """Rollouts from one checkpoint to the next in a training of so many."""
        return max(1, round(rollouts * self.checkpoint_share))
