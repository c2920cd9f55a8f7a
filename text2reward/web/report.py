"""The report: one HTML file that tells a run and opens without a network."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from text2reward.errors import RecordError
from text2reward.record import ledger
from text2reward.record.atomic import write_text
from text2reward.record.events import Video
from text2reward.record.reader import Run
from text2reward.record.verdict import verdict
from text2reward.record.writer import EVENTS
from text2reward.web.cards import cards, chart, shown
from text2reward.web.opinions import opinions
from text2reward.web.page import assets, environment
from text2reward.web.people import people

REPORT = "report.html"


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

    def embedded(video: Video) -> str:
        path = run.path_of(video.path)
        data = base64.b64encode(path.read_bytes()).decode() if path.is_file() else ""
        return f"data:video/mp4;base64,{data}" if data else ""

    return page.render(
        run=run,
        target=run.target,
        verdict=verdict(run),
        winner_videos=[shown(v, embedded) for v in run.best.videos if v.label != "first"] if run.best else [],
        cards=list(cards(run, embedded)),
        people=people(run),
        opinions=opinions(run),
        price=run.started.facts.price if run.started.facts else None,
        ledger=_ledger(run),
        **assets({c.id: chart(c) for c in run.candidates.values()}, "report.js"),
    )


def _ledger(run: Run) -> dict[str, Any]:
    """The ledger's table; without rows where nothing was spent yet."""
    found = ledger.rows(run)
    told = [*ledger.with_sums(found), ledger.added_up("total", found)] if found else []
    return {"heads": ledger.HEADS, "rows": [ledger.cells(row) for row in told], "notes": [*ledger.notes(found)]}
