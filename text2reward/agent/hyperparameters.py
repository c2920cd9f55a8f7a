"""The learner's hyperparameters: which are asked for, which are the task's or a preset's, and which make no sense."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from math import isfinite
from typing import Any, get_args

from text2reward.agent.limits import at_least, count_or_minus_one, flag, not_negative, positive, share
from text2reward.errors import UnknownNameError, UserError
from text2reward.training.settings import PRESET_STEPS, PRESETS, Algo, PPOSettings, Preset, SACSettings

ALGOS: tuple[Algo, ...] = get_args(Algo)
LEARNERS: Mapping[Algo, type[PPOSettings] | type[SACSettings]] = {"ppo": PPOSettings, "sac": SACSettings}


def with_task(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings, with the preset's and the task's in place of those of steps and learner that were not given.

    Raises:
        UserError: hyperparameters are given for an algorithm that does not learn here.
        UnknownNameError: there is no such preset or task.
    """
    algo = given.get("algo", "ppo")
    if algo not in ALGOS:
        return given  # which the check refuses
    for other in ALGOS:
        if other != algo and (stray := _chosen(given.get(other))):
            name = flag(f"{other}.{next(iter(stray))}")
            raise UserError(f"{name} does not go with --algo {algo}.", f"Use --algo {other}, or --{algo}.NAME.")
    given = {name: value for name, value in given.items() if name not in ALGOS or name == algo}
    chosen = _chosen(given.get(algo, {}))
    if chosen is None:
        return given  # which the check refuses
    if "steps" in given and set(chosen) >= {each.name for each in fields(LEARNERS[algo])}:
        return given
    steps, usual = recommended(str(given.get("env")), algo, chosen.get("preset", "default"))
    return {"steps": steps, **given, algo: {**asdict(usual), **chosen}}


def _chosen(values: Any) -> dict[str, Any] | None:
    """Those that are given; None where these are no settings at all."""
    if not isinstance(values, Mapping):
        return None
    return {name: value for name, value in values.items() if value is not None}


def recommended(env: str, algo: Algo = "ppo", preset: Preset = "default") -> tuple[int, PPOSettings | SACSettings]:
    """How many simulator steps a training of a task takes at most, and the learner's hyperparameters.

    Raises:
        UserError, UnknownNameError: there is no such task or preset.
    """
    from text2reward.envs.registry import get_task

    task = get_task(env)
    if algo == "ppo":
        return task.steps, PPOSettings(**task.ppo)
    if preset not in PRESETS:
        raise UnknownNameError("preset", str(preset), PRESETS)
    return PRESET_STEPS.get(preset, task.steps), SACSettings(**{**task.sac, **PRESETS[preset], "preset": preset})


def check_ppo(ppo: PPOSettings) -> None:
    """Refuse what PPO cannot learn with.

    Raises:
        UserError: names the flag.
    """
    for name, least in (("n_envs", 1), ("n_steps", 1), ("batch_size", 2), ("n_epochs", 1)):
        at_least(f"ppo.{name}", getattr(ppo, name), least)
    _check_networks("ppo", ppo)
    if ppo.n_envs * ppo.n_steps < 2:
        raise UserError("One step of one environment is too little to learn from.", "Raise --ppo.n-steps.")
    for name in ("learning_rate", "clip_range", "max_grad_norm"):
        positive(f"ppo.{name}", getattr(ppo, name))
    for name in ("gamma", "gae_lambda"):
        share(f"ppo.{name}", getattr(ppo, name))
    for name in ("ent_coef", "vf_coef", "target_kl", "clip_range_vf"):
        not_negative(f"ppo.{name}", getattr(ppo, name))


def check_sac(sac: SACSettings) -> None:
    """Refuse what SAC cannot learn with.

    Raises:
        UserError: names the flag.
    """
    for name in ("n_envs", "buffer_size", "batch_size", "train_freq", "n_steps", "target_update_interval"):
        at_least(f"sac.{name}", getattr(sac, name), 1)
    at_least("sac.learning_starts", sac.learning_starts, 0)
    count_or_minus_one("sac.gradient_steps", sac.gradient_steps)
    _check_networks("sac", sac)
    for name in ("learning_rate", "tau"):
        positive(f"sac.{name}", getattr(sac, name))
    for name in ("tau", "gamma"):
        share(f"sac.{name}", getattr(sac, name))
    if not _is_ent_coef(sac.ent_coef):
        raise UserError(f"--sac.ent-coef is {sac.ent_coef}.", "Use auto, auto_0.1 (where it starts), or 0 or more.")
    if sac.target_entropy != "auto" and not isfinite(sac.target_entropy):
        raise UserError(f"--sac.target-entropy is {sac.target_entropy}.", "Use auto or a number.")
    least = max(sac.batch_size, sac.n_envs * sac.n_steps)
    if sac.buffer_size < least:
        raise UserError(f"--sac.buffer-size is {sac.buffer_size}.", f"These settings need at least {least}.")


def check_for(algo: Algo, sac: SACSettings, steps: int, action_repeat: int) -> None:
    """Refuse a training that would be over before SAC has begun to learn.

    Raises:
        UserError: names the flags.
    """
    transitions = steps // action_repeat
    if algo == "sac" and transitions <= sac.learning_starts:
        raise UserError(
            f"{steps} simulator steps are {transitions} transitions; SAC learns after {sac.learning_starts}.",
            "Raise --steps or lower --sac.learning-starts.",
        )


def _check_networks(algo: Algo, settings: PPOSettings | SACSettings) -> None:
    for width in settings.net_arch:
        at_least(f"{algo}.net_arch", width, 1)
    count_or_minus_one(f"{algo}.sde_sample_freq", settings.sde_sample_freq)
    if not isfinite(settings.log_std_init):
        raise UserError(f"--{algo}.log-std-init is {settings.log_std_init}.", "Use a number.")


def _is_ent_coef(value: float | str) -> bool:
    """Whether it is a number, or a word that says how it is learned."""
    if value == "auto":
        return True
    learned = isinstance(value, str) and value.startswith("auto_")
    try:
        number = float(str(value).removeprefix("auto_"))
    except ValueError:
        return False
    return isfinite(number) and (number > 0 if learned else number >= 0)
