"""A run that goes on from another one's program, with a person's words about it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from text2reward.agent.command_line import command_line
from text2reward.agent.config import RunConfig, override
from text2reward.record.events import Heard, Quote

_FIRST = "r1c1"
"""The candidate that a run starts from."""


@dataclass(frozen=True)
class Lineage:
    """Where a run comes from.

    Args:
        run: the parent's folder, as it was named.
        name: the parent's name.
        candidate: whose program it starts from.
        words: what a person said of it.
        rater: who said it.
    """

    run: str
    name: str
    candidate: str
    words: str
    rater: str

    def heard(self) -> Heard:
        """The words, for every brief of the run."""
        about = f"{_FIRST}, the program that was given"
        return Heard(0, quotes=(Quote("", self.rater, about, (_FIRST,), self.words),))

    def command(self, config: RunConfig) -> str:
        """The command that starts the same run again."""
        plain = shlex.split(command_line(override(config, init="")))
        words = ["text2reward", "refine", self.run, self.words, "--candidate", self.candidate, "--as", self.rater]
        at = plain.index("--init")
        return shlex.join([*words, *plain[3:at], *plain[at + 2 :]])
