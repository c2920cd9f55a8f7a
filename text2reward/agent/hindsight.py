"""A run as it was earlier: what is made up for after an interruption is what would have been made then."""

from __future__ import annotations

from text2reward.record.events import Opined, RoundFinished
from text2reward.record.reader import Run


def at_the_end_of(run: Run, number: int) -> Run:
    """The run as it was when round ``number`` ended, with all opinions; the whole run where that round is not over."""
    kinds = [isinstance(each.event, RoundFinished) and each.event.round == number for each in run.entries]
    if True not in kinds:
        return run
    end = kinds.index(True) + 1
    later = (each for each in run.entries[end:] if isinstance(each.event, Opined))
    return Run(run.folder, (*run.entries[:end], *later))
