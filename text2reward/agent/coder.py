"""The seam between the loop and whoever writes reward programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from text2reward.agent.brief import Brief, Draft
from text2reward.record.finding import Finding


class Coder(Protocol):
    """Writes reward programs.

    Attributes:
        name: how the record calls it: a model's name, or ``composer``.
        price_known: whether asking it costs nothing or a known price.
    """

    name: str

    def draft(self, brief: Brief, count: int) -> Iterator[Draft]:
        """``count`` answers to ``brief``, in order; the same brief gives the same answers where that is possible."""
        ...

    def repair(self, brief: Brief, chain: Sequence[tuple[Draft, Sequence[Finding]]], index: int) -> Draft | None:
        """A corrected answer.

        Args:
            brief: the request the first answer was to.
            chain: the answer and its repairs so far, each with what was found.
            index: which of the brief's drafts this is.

        Returns:
            The new answer; None when this coder cannot repair.
        """
        ...
