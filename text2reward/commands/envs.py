"""Commands about tasks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import OmitSubcommandPrefixes, Positional, subcommand


@dataclass(frozen=True)
class EnvsList:
    """List the tasks."""

    def __call__(self) -> int:
        """List; returns the exit code."""
        from text2reward.terminal import looking

        return looking.envs_list()


@dataclass(frozen=True)
class EnvsShow:
    """Show a task: its fields, and the view a model gets."""

    env: Positional[str]
    """The task."""

    picture: Path | None = None
    """Draw the task's first state into this file, a PNG."""

    def __call__(self) -> int:
        """Show; returns the exit code."""
        from text2reward.terminal import looking

        return looking.envs_show(self.env, self.picture)


@dataclass(frozen=True)
class EnvsCheck:
    """Prove that a task's fields are what their declaration says."""

    envs: Positional[tuple[str, ...]] = ()
    """The tasks, or collections of tasks in a module; all unless given."""

    seed: int = 0
    """Seed of the episodes that are tried."""

    def __call__(self) -> int:
        """Check; returns the exit code."""
        from text2reward.terminal import looking

        return looking.envs_check(list(self.envs), self.seed)


@dataclass(frozen=True)
class EnvsNew:
    """Write a module that declares a task of your own, for you to finish."""

    name: Positional[str]
    """The module's name; NAME.py is written into the current folder."""

    gym: str | None = None
    """A Gymnasium environment to read sizes, names and times from, for example Pusher-v5; module:Id-v0 where a
    module of yours registers it."""

    def __call__(self) -> int:
        """Write; returns the exit code."""
        from text2reward.terminal import new_task

        return new_task.envs_new(self.name, self.gym)


@dataclass(frozen=True)
class Envs:
    """List, show, check or declare tasks."""

    action: OmitSubcommandPrefixes[
        Annotated[EnvsList, subcommand("list")]
        | Annotated[EnvsShow, subcommand("show")]
        | Annotated[EnvsCheck, subcommand("check")]
        | Annotated[EnvsNew, subcommand("new")]
    ]

    def __call__(self) -> int:
        """Do it; returns the exit code."""
        return self.action()
