"""The report on people: pairs and who won, strengths, agreement, and words with the briefs they reached."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from text2reward.errors import RecordError
from text2reward.record.events import Heard, Liked
from text2reward.record.feedback import BestWorst, Feedback, PairVote, read, standing
from text2reward.record.reader import Run
from text2reward.record.taking_back import heard_after

_SCALE = 4.0
"""Strengths beyond this many log odds are drawn at the edge."""


def people(run: Run) -> dict[str, Any] | None:
    """What the template shows; None where nobody said anything."""
    heard = list(run.events(Heard))
    try:
        said = standing(read(run.folder))
    except RecordError as error:
        return None if not heard else _shown(run, heard, [], str(error))
    return _shown(run, heard, said, "") if heard or said else None


def _shown(run: Run, heard: list[Heard], said: list[Feedback], problem: str) -> dict[str, Any]:
    counted = heard_after(run)
    return {
        "last": heard[-1] if heard else None,
        "strengths": [_bar(each) for each in heard[-1].strengths] if heard else [],
        "findings": [(event.round, finding) for event in heard for finding in event.findings],
        "votes": [_vote(each, counted) for each in said if isinstance(each.said, PairVote | BestWorst)],
        "quotes": [
            {"quote": quote, "round": event.round, "reached": list(_reached(run, event.round))}
            for event in heard
            for quote in event.quotes
        ],
        "uncounted": sum(each.id not in counted for each in said),
        "problem": problem,
    }


def _bar(liked: Liked) -> dict[str, Any]:
    """The strength, and where it is drawn, in per cent."""
    at = {name: 50 + 50 * max(-1.0, min(1.0, getattr(liked, name) / _SCALE)) for name in ("low", "value", "high")}
    return {"liked": liked, "at": at}


def _vote(feedback: Feedback, counted: Collection[str]) -> dict[str, Any]:
    said = feedback.said
    if isinstance(said, BestWorst):
        shown, won = ", ".join(said.shown), f"{said.best} best, {said.worst} worst"
    else:
        assert isinstance(said, PairVote)
        shown = f"{said.left} | {said.right}"
        words = {"same": "both alike", "neither": "neither of use", "skip": "skipped"}
        won = {"left": said.left, "right": said.right}.get(said.choice) or words[said.choice]
    repeat = bool(getattr(said, "repeats", ""))
    return {"rater": feedback.rater, "shown": shown, "won": won, "repeat": repeat, "counted": feedback.id in counted}


def _reached(run: Run, number: int) -> Iterator[str]:
    """The candidates of the next round that a model wrote: it was told."""
    for candidate in run.candidates.values():
        if candidate.draft.round == max(number + 1, _first_asked(run)) and candidate.draft.exchange is not None:
            yield candidate.id


def _first_asked(run: Run) -> int:
    """The first round in which a model wrote programs."""
    asked = [each.draft.round for each in run.candidates.values() if each.draft.exchange is not None]
    return min(asked, default=1)
