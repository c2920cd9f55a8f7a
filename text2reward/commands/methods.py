"""Commands about methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from tyro.conf import OmitSubcommandPrefixes, Positional, subcommand


@dataclass(frozen=True)
class MethodsList:
    """List the methods."""

    def __call__(self) -> int:
        """List; returns the exit code."""
        from text2reward.terminal import methods

        return methods.methods_list()


@dataclass(frozen=True)
class MethodsShow:
    """Show a method: every setting, and where its value comes from."""

    method: Positional[str]
    """A method's name, or a file of yours."""

    def __call__(self) -> int:
        """Show; returns the exit code."""
        from text2reward.terminal import methods

        return methods.methods_show(self.method)


@dataclass(frozen=True)
class MethodsDiff:
    """Show in what two methods differ."""

    first: Positional[str]
    """A method's name, or a file of yours."""

    second: Positional[str]
    """Another."""

    def __call__(self) -> int:
        """Compare; returns the exit code."""
        from text2reward.terminal import methods

        return methods.methods_diff(self.first, self.second)


@dataclass(frozen=True)
class Methods:
    """List, show or compare methods: what happens around training."""

    action: OmitSubcommandPrefixes[
        Annotated[MethodsList, subcommand("list")]
        | Annotated[MethodsShow, subcommand("show")]
        | Annotated[MethodsDiff, subcommand("diff")]
    ]

    def __call__(self) -> int:
        """Do it; returns the exit code."""
        return self.action()
