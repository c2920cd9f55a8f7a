"""What a module that declares a task needs of text2reward: the names it imports, which keep what they are told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from text2reward.envs.gym.sources import info, obs

__all__ = ["gym_field", "gym_task", "info", "obs"]


def gym_field(name: str, source: Any, *arguments: Any, **more: Any) -> SimpleNamespace:
    """A field's name and where its value comes from."""
    return SimpleNamespace(name=name, source=source)


def gym_task(**declared: Any) -> SimpleNamespace:
    """The task as it was declared."""
    return SimpleNamespace(**declared)
