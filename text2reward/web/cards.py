"""A run's candidates as every page shows them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from text2reward.errors import RecordError
from text2reward.record.candidate import Candidate
from text2reward.record.events import Heard, Video
from text2reward.record.reader import Run
from text2reward.record.terms import about_terms
from text2reward.web.listing import diff, highlight

_VIDEO_NAMES = {
    "best": "best episode",
    "median": "median episode",
    "worst": "worst episode",
    "first": "first select episode",
}


def cards(run: Run, source: Callable[[Video], str]) -> Iterator[dict[str, Any]]:
    """One card per candidate, in the order they were drafted; ``source`` says where a page finds a video."""
    return (card(run, candidate, source) for candidate in run.candidates.values())


def card(run: Run, candidate: Candidate, source: Callable[[Video], str]) -> dict[str, Any]:
    """What the templates show of one candidate; see :func:`cards`."""
    parent = run.candidates.get(candidate.draft.parent or "")
    return {
        "candidate": candidate,
        "edited_by": candidate.draft.author if candidate.draft.author in _editors(run) else "",
        "is_best": run.best is not None and run.best.id == candidate.id,
        "pending": _pending(run, candidate),
        "program": highlight(candidate.program) if candidate.program else None,
        "diff": diff(parent.program, candidate.program, parent.id, candidate.id)
        if parent and parent.program and candidate.program
        else None,
        "videos": [shown(video, source) for video in candidate.videos],
        "exchange": _exchange(run, candidate),
        "has_curves": bool(candidate.curves),
        "about_terms": about_terms(candidate.curves[0].terms) if candidate.curves else "",
    }


def _editors(run: Run) -> set[str]:
    return {edit.rater for event in run.events(Heard) for edit in event.edits}


def _pending(run: Run, candidate: Candidate) -> str:
    """What is still to come of a candidate without a policy; empty where nothing is."""
    screen = candidate.screen
    refused = screen is not None and screen.ruling in ("fail", "duplicate") and not screen.trained_anyway
    wrong = refused or any(finding.level == "error" for finding in candidate.findings)
    over = run.finished is not None or candidate.draft.round <= len(run.rounds)
    if candidate.success is not None or wrong or over:
        return ""
    curves = candidate.curves
    return f"in training, {curves[-1].sim_steps:,} steps so far" if curves else "to be trained"


def shown(video: Video, source: Callable[[Video], str]) -> dict[str, Any]:
    """A video with its name; ``source`` is empty where its file is gone."""
    return {"name": _VIDEO_NAMES.get(video.label, video.label), "solved": video.solved, "source": source(video)}


def chart(candidate: Candidate) -> dict[str, Any]:
    """The learning curves as arrays for the page's charts."""
    curves = candidate.curves
    names = list(curves[0].terms) if curves else []
    return {
        "steps": [point.sim_steps for point in curves],
        "success": [_drawn(point.success) for point in curves],
        "own_return": [_drawn(point.own_return) for point in curves],
        "terms": {name: [_drawn(point.terms[name]) for point in curves] for name in names},
    }


def _drawn(value: float | None) -> float | None:
    """None, a gap, for what JSON has no number for."""
    return value if value is not None and math.isfinite(value) else None


def _exchange(run: Run, candidate: Candidate) -> dict[str, Any] | None:
    """What was asked and answered; None where no model was asked."""
    if candidate.draft.exchange is None:
        return None
    try:
        return run.exchange(candidate.draft.exchange)
    except RecordError:
        return None
