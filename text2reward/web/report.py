"""The report: one HTML file that tells a run and opens without a network."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from text2reward.errors import RecordError
from text2reward.record.atomic import write_text
from text2reward.record.candidate import Candidate
from text2reward.record.reader import Run
from text2reward.record.verdict import verdict
from text2reward.record.writer import EVENTS
from text2reward.web.listing import diff, highlight
from text2reward.web.page import assets, environment
from text2reward.web.people import people

REPORT = "report.html"

_VIDEO_NAMES = {
    "best": "best episode",
    "median": "median episode",
    "worst": "worst episode",
    "first": "first select episode",
}


def report_is_current(run: Run) -> bool:
    """Whether the report was written after the last event of the run."""
    report, events = run.folder / REPORT, run.folder / EVENTS
    return report.is_file() and report.stat().st_mtime >= events.stat().st_mtime


def write_report(run: Run) -> Path:
    """Write ``report.html`` into the run's folder and return its path.

    Raises:
        RecordError: the folder cannot be written.
    """
    path = run.folder / REPORT
    try:
        write_text(path, render(run))
    except OSError as error:
        raise RecordError(f"Cannot write {path}: {error.strerror}.") from error
    return path


def render(run: Run) -> str:
    """The report as HTML text."""
    page = environment().get_template("report.html.jinja")
    return page.render(
        run=run,
        target=float(run.config["target"]),
        verdict=verdict(run),
        winner_videos=[_video(run, v) for v in run.best.videos if v.label != "first"] if run.best else [],
        cards=list(_cards(run)),
        people=people(run),
        **assets({c.id: _chart(c) for c in run.candidates.values()}, "report.js"),
    )


def _cards(run: Run) -> Iterator[dict[str, Any]]:
    """One section per candidate."""
    for candidate in run.candidates.values():
        parent = run.candidates.get(candidate.draft.parent or "")
        yield {
            "candidate": candidate,
            "is_best": run.best is not None and run.best.id == candidate.id,
            "program": highlight(candidate.program) if candidate.program else None,
            "diff": diff(parent.program, candidate.program, parent.id, candidate.id)
            if parent and parent.program and candidate.program
            else None,
            "videos": [_video(run, video) for video in candidate.videos],
            "exchange": _exchange(run, candidate),
            "has_curves": bool(candidate.curves),
        }


def _exchange(run: Run, candidate: Candidate) -> dict[str, Any] | None:
    """What was asked and answered; None where no model was asked."""
    if candidate.draft.exchange is None:
        return None
    try:
        return run.exchange(candidate.draft.exchange)
    except RecordError:
        return None


def _video(run: Run, video: Any) -> dict[str, Any]:
    path = run.folder / video.path
    data = base64.b64encode(path.read_bytes()).decode() if path.is_file() else ""
    return {
        "name": _VIDEO_NAMES.get(video.label, video.label),
        "solved": video.solved,
        "source": f"data:video/mp4;base64,{data}" if data else "",
    }


def _chart(candidate: Candidate) -> dict[str, Any]:
    """The learning curves as arrays for the page's charts."""
    curves = candidate.curves
    names = list(curves[0].terms) if curves else []
    return {
        "steps": [point.sim_steps for point in curves],
        "success": [point.success for point in curves],
        "own_return": [point.own_return for point in curves],
        "terms": {name: [point.terms[name] for point in curves] for name in names},
    }
