"""A run that goes on from another one's program, with what people said about it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace

from text2reward.agent.command_line import command_line
from text2reward.agent.config import RunConfig, override
from text2reward.agent.people.hearing import THE_RUN
from text2reward.record.events import Edited, Heard, Quote
from text2reward.record.reader import Run

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
        quotes, edits: what people said of the parent that it did not hear, in the names of the run that begins.
    """

    run: str
    name: str
    candidate: str
    words: str
    rater: str
    quotes: tuple[Quote, ...] = ()
    edits: tuple[Edited, ...] = ()

    def heard(self) -> Heard:
        """The words, for every brief of the run, and the programs, for its first round."""
        about = f"{_FIRST}, the program that was given"
        own = Quote("", self.rater, about, (_FIRST,), self.words)
        return Heard(0, quotes=(*self.quotes, own), edits=self.edits)

    def command(self, config: RunConfig) -> str:
        """The command that starts the same run again."""
        plain = shlex.split(command_line(override(config, init="")))
        words = ["text2reward", "refine", self.run, self.words, "--candidate", self.candidate, "--as", self.rater]
        at = plain.index("--init")
        return shlex.join([*words, *plain[3:at], *plain[at + 2 :]])


def lineage_of(parent: Run, unheard: Heard, candidate: str, words: str, rater: str) -> Lineage:
    """The lineage of a run that goes on from ``candidate`` of ``parent``.

    Args:
        parent: the other run.
        unheard: what people said of it since it last listened.
        candidate: whose program.
        words: what a person says of it.
        rater: who says it.
    """
    quotes = tuple(_told(quote, candidate) for quote in unheard.quotes)
    edits = tuple(_begun(edit, candidate) for edit in unheard.edits)
    return Lineage(str(parent.folder), parent.folder.name, candidate, words, rater, quotes, edits)


def _told(quote: Quote, candidate: str) -> Quote:
    if quote.about == candidate:
        return replace(quote, about=f"{_FIRST}, the program that was given", candidates=(_FIRST,))
    about = "the run before this one" if quote.about == THE_RUN else f"{quote.about}, in the run before this one"
    return replace(quote, about=about, candidates=())


def _begun(edit: Edited, candidate: str) -> Edited:
    if edit.parent == candidate:
        return replace(edit, parent=_FIRST)
    return replace(edit, parent="", text=edit.text or f"{edit.parent} of the run before, edited by {edit.rater}")
