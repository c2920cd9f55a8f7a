"""What a training is run with. The values are those that solve the benchmark tasks; see ``docs/training.md``.

Hyperparameters have the names that they have in Stable-Baselines3. Where the library takes None for "none", 0 stands
for it here, because None leaves a hyperparameter to the task.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Keep = Literal["last", "peak", "better"]
Algo = Literal["ppo", "sac"]
Activation = Literal["tanh", "relu", "elu", "leaky_relu", "silu", "gelu"]
Preset = Literal["default", "text2reward"]


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
    clip_range_vf: float | None = None
    """0 does not clip the value function."""
    normalize_advantage: bool | None = None
    ent_coef: float | None = None
    vf_coef: float | None = None
    max_grad_norm: float | None = None
    target_kl: float | None = None
    """0 sets no limit."""
    use_sde: bool | None = None
    sde_sample_freq: int | None = None
    net_arch: tuple[int, ...] | None = None
    activation_fn: Activation | None = None
    log_std_init: float | None = None
    ortho_init: bool | None = None


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
    clip_range_vf: float = 0.0
    normalize_advantage: bool = True
    ent_coef: float = 0.0
    vf_coef: float = 0.5
    max_grad_norm: float = 0.5
    target_kl: float = 0.0
    use_sde: bool = False
    sde_sample_freq: int = -1
    net_arch: tuple[int, ...] = (64, 64)
    activation_fn: Activation = "tanh"
    log_std_init: float = 0.0
    ortho_init: bool = True

    @property
    def steps_per_rollout(self) -> int:
        """Control steps of each environment between two points of the learning curves."""
        return self.n_steps

    @property
    def rows_per_reward(self) -> int:
        """Transitions whose rewards are asked for at once."""
        return self.n_steps * self.n_envs


@dataclass(frozen=True)
class SACChoices:
    """SAC's hyperparameters as they are asked for, by their names in Stable-Baselines3; None leaves one to the task."""

    preset: Preset | None = None
    """What those start from that are not given: default, or text2reward, which is what the Text2Reward paper trains
    Meta-World with (for 1,000,000 simulator steps)."""
    n_envs: int | None = None
    learning_rate: float | None = None
    buffer_size: int | None = None
    learning_starts: int | None = None
    batch_size: int | None = None
    tau: float | None = None
    gamma: float | None = None
    train_freq: int | None = None
    """Steps of all environments between two times of learning."""
    gradient_steps: int | None = None
    """Updates at each of those times; -1 makes as many as transitions were collected."""
    n_steps: int | None = None
    """Steps of the return that a value is learned from."""
    ent_coef: float | str | None = None
    """auto, auto_0.1 (learned, from 0.1 on) or a number."""
    target_update_interval: int | None = None
    target_entropy: float | Literal["auto"] | None = None
    use_sde: bool | None = None
    sde_sample_freq: int | None = None
    use_sde_at_warmup: bool | None = None
    net_arch: tuple[int, ...] | None = None
    activation_fn: Activation | None = None
    log_std_init: float | None = None


_LEAST_ROLLOUT = 512
"""Transitions between two points of SAC's curves at least, as many as PPO's default has in a rollout."""


@dataclass(frozen=True)
class SACSettings(SACChoices):
    """The same with a value for each: those that hold for tasks which ask for no others."""

    preset: Preset = "default"
    n_envs: int = 16
    learning_rate: float = 1e-3
    buffer_size: int = 1_000_000
    learning_starts: int = 1_000
    batch_size: int = 256
    tau: float = 0.01
    gamma: float = 0.95
    train_freq: int = 1
    gradient_steps: int = 4
    n_steps: int = 1
    ent_coef: float | str = "auto_0.01"
    target_update_interval: int = 1
    target_entropy: float | Literal["auto"] = "auto"
    use_sde: bool = False
    sde_sample_freq: int = -1
    use_sde_at_warmup: bool = False
    net_arch: tuple[int, ...] = (64, 64)
    activation_fn: Activation = "relu"
    log_std_init: float = -3.0

    @property
    def steps_per_rollout(self) -> int:
        """Control steps of each environment between two points of the learning curves: whole turns of learning."""
        return -(-_LEAST_ROLLOUT // (self.n_envs * self.train_freq)) * self.train_freq

    @property
    def rows_per_reward(self) -> int:
        """Transitions whose rewards are asked for at once."""
        return self.n_envs


PRESET_STEPS: Mapping[Preset, int] = {"text2reward": 1_000_000}
"""Simulator steps that a training takes at most under a preset that says so."""

PRESETS: Mapping[Preset, Mapping[str, Any]] = {
    "default": {},
    # Source: github.com/xlang-ai/text2reward, run_metaworld/sac.py.
    "text2reward": {
        "n_envs": 8,
        "learning_rate": 3e-4,
        "buffer_size": 1_000_000,
        "learning_starts": 4_000,
        "batch_size": 512,
        "tau": 0.005,
        "gamma": 0.99,
        "train_freq": 1,
        "gradient_steps": 1,
        "ent_coef": "auto_0.1",
        "target_update_interval": 2,
        "net_arch": (256, 256, 256),
    },
}
"""Sets of SAC's hyperparameters by name."""


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
        deadline: stop at the first checkpoint after this moment of the machine's monotonic clock; the same training
            goes on from there, as if it had not stopped, when it is asked for again. None to use all steps.
        keep: the ``last`` policy, the one with the ``peak`` own return, or the ``better`` of both by select episodes.
        select_episodes: episodes by which checkpoints and candidates are compared.
        algo: which algorithm learns.
        ppo, sac: the hyperparameters of each.
    """

    sim_steps: int = 300_000
    checkpoint_share: float = 0.1
    target: float = 0.9
    stop_at_target: bool = True
    give_up_after: int | None = None
    pause_after: int | None = None
    deadline: float | None = None
    keep: Keep = "better"
    select_episodes: int = 30
    algo: Algo = "ppo"
    ppo: PPOSettings = field(default_factory=PPOSettings)
    sac: SACSettings = field(default_factory=SACSettings)

    @property
    def learner(self) -> PPOSettings | SACSettings:
        """The hyperparameters of the algorithm that learns."""
        chosen: PPOSettings | SACSettings = getattr(self, self.algo)
        return chosen

    def rollouts(self, rollout: int) -> int:
        """How many rollouts of so many simulator steps each a training has."""
        return max(1, round(self.sim_steps / rollout))

    def between_checkpoints(self, rollouts: int) -> int:
        """Rollouts from one checkpoint to the next in a training of so many."""
        return max(1, round(rollouts * self.checkpoint_share))
