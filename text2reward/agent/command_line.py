"""The command that starts a run again."""

from __future__ import annotations

import shlex
from dataclasses import fields

from text2reward.agent.config import RunConfig
from text2reward.agent.hyperparameters import recommended
from text2reward.agent.limits import flag
from text2reward.agent.method import Search, load_method
from text2reward.errors import UserError
from text2reward.training.settings import PPOSettings, SACSettings

_SEARCH = {field.name for field in fields(Search)}
_ELSEWHERE = {"instruction", "env", "ppo", "sac", "steps", "stages"}
_BASELINES = ("expert", "success")


def command_line(config: RunConfig) -> str:
    """A shell command with every setting that is not the default, the method's or the task's."""
    search = _search(config.method)
    if config.model == "program" or (config.model in _BASELINES and _as_trained(config)):
        words = ["text2reward", "train"]
        words += [config.program or ""] if config.model == "program" else ["--reward", config.model]
        left_out = {"model", "program", "method", "human", "vision", "vision_url", *_SEARCH, *_ELSEWHERE}
    else:
        words = ["text2reward", "run", config.instruction]
        left_out = _ELSEWHERE | {name for name in _SEARCH if getattr(config, name) == getattr(search, name, None)}
    words += ["--env", config.env]
    for field in fields(config):
        value = getattr(config, field.name)
        if field.name not in left_out and value != field.default:
            words += _words(field.name, value)
    steps, usual = recommended(config.env, config.algo, config.sac.preset)
    if config.steps != steps:
        words += _words("steps", config.steps)
    return shlex.join([*words, *_learner(config, usual)])


def _learner(config: RunConfig, usual: PPOSettings | SACSettings) -> list[str]:
    """The flags of the hyperparameters that are not the task's or the preset's."""
    words = ["--sac.preset", config.sac.preset] if config.sac.preset != "default" else []
    for field in fields(config.learner):
        value = getattr(config.learner, field.name)
        if value != getattr(usual, field.name):
            words += _words(f"{config.algo}.{field.name}", str(value) if isinstance(value, bool) else value)
    return words


def _search(method: str) -> Search | None:
    """How much the method tries; None where its file is gone, and the configuration alone says so."""
    try:
        return load_method(method).search
    except UserError:
        return None


def _as_trained(config: RunConfig) -> bool:
    """Whether ``train``, which has fewer flags than ``run``, can start this configuration."""
    return (config.candidates, config.rounds, config.repairs) == (1, 1, 0)


def _words(name: str, value: object) -> list[str]:
    if isinstance(value, bool):
        return [flag(name if value else f"no-{name}")]
    if name == "redact" and isinstance(value, tuple):
        return [f"{flag(name)}={each}" for each in value]
    if isinstance(value, tuple):
        return [flag(name), *map(str, value)]
    return [flag(name), str(value)]
