"""Commands about the library of programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import OmitSubcommandPrefixes, Positional, subcommand

from text2reward.commands.output import RUNS_DIR


@dataclass(frozen=True)
class LibraryAdd:
    """Put a run's program into the library, with what was measured of it."""

    run: Positional[str]
    """The run: its folder, its name or a unique part of it, or latest."""

    candidate: str | None = None
    """A candidate, for example r1c2; the one that the run chose unless given."""

    name: str | None = None
    """What the entry is to be called; after its task unless given."""

    library: Path | None = None
    """The library's folder; $TEXT2REWARD_LIBRARY unless given, or else library."""

    runs_dir: Path = RUNS_DIR
    """Where runs lie."""

    def __call__(self) -> int:
        """Add; returns the exit code."""
        from text2reward.terminal import library

        return library.add(self.run, self.runs_dir, self.candidate, self.library, self.name)


@dataclass(frozen=True)
class LibrarySearch:
    """Find programs by words of their sentence, task, fields and terms."""

    query: Positional[str]
    """What is looked for, for example "push a puck"."""

    env: str | None = None
    """Only programs all of whose fields this task has."""

    limit: int = 10
    """How many are shown at most."""

    library: Path | None = None
    """The library's folder; $TEXT2REWARD_LIBRARY unless given, or else library."""

    json: bool = False
    """Print the result as JSON."""

    def __call__(self) -> int:
        """Search; returns the exit code."""
        from text2reward.terminal import library

        return library.find(self.query, self.env, self.limit, self.library, self.json)


@dataclass(frozen=True)
class LibraryList:
    """List the programs in the library."""

    library: Path | None = None
    """The library's folder; $TEXT2REWARD_LIBRARY unless given, or else library."""

    json: bool = False
    """Print the result as JSON."""

    def __call__(self) -> int:
        """List; returns the exit code."""
        from text2reward.terminal import library

        return library.list_all(self.library, self.json)


@dataclass(frozen=True)
class LibraryShow:
    """Show a program of the library and what is known of it."""

    name: Positional[str]
    """The entry."""

    library: Path | None = None
    """The library's folder; $TEXT2REWARD_LIBRARY unless given, or else library."""

    json: bool = False
    """Print the result as one JSON object."""

    def __call__(self) -> int:
        """Show; returns the exit code."""
        from text2reward.terminal import library

        return library.show(self.name, self.library, self.json)


@dataclass(frozen=True)
class LibraryRemove:
    """Take a program out of the library."""

    name: Positional[str]
    """The entry."""

    library: Path | None = None
    """The library's folder; $TEXT2REWARD_LIBRARY unless given, or else library."""

    def __call__(self) -> int:
        """Remove; returns the exit code."""
        from text2reward.terminal import library

        return library.remove(self.name, self.library)


@dataclass(frozen=True)
class Library:
    """Keep reward programs that worked in a folder, and find them again."""

    action: OmitSubcommandPrefixes[
        Annotated[LibraryAdd, subcommand("add")]
        | Annotated[LibrarySearch, subcommand("search")]
        | Annotated[LibraryList, subcommand("list")]
        | Annotated[LibraryShow, subcommand("show")]
        | Annotated[LibraryRemove, subcommand("remove")]
    ]

    def __call__(self) -> int:
        """Do it; returns the exit code."""
        return self.action()
