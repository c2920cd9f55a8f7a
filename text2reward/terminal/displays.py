"""Choosing how progress is shown."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal, Protocol

from text2reward.agent.notices import Began, Doing, Notice, Watcher
from text2reward.record.events import Event, Interrupted, RoundFinished, RunFinished
from text2reward.record.reader import load
from text2reward.terminal.guard import guard
from text2reward.terminal.plain import JsonDisplay, NoDisplay, PlainDisplay
from text2reward.web.report import write_report

DisplayName = Literal["auto", "live", "plain", "json", "none"]


class Display(Protocol):
    """Shows a run while it goes on, on standard error."""

    def __call__(self, event: Event | Notice) -> None:
        """Show one event or notice."""
        ...

    def close(self) -> None:
        """Finish what is drawn."""
        ...


def make_display(name: DisplayName) -> Display:
    """The display called ``name``; ``auto`` is live at a terminal and plain elsewhere."""
    if name == "json":
        return JsonDisplay(sys.stderr)
    if name == "none":
        return NoDisplay()
    if name == "live" or (name == "auto" and sys.stderr.isatty()):
        from text2reward.terminal.console import GuardedConsole
        from text2reward.terminal.live import LiveDisplay

        return LiveDisplay(GuardedConsole(sys.stderr))
    return PlainDisplay(guard(sys.stderr))


def watching(display: Display) -> Watcher:
    """A watcher that feeds the display and keeps the run's report up to date."""
    folder: Path | None = None

    def watch(event: Event | Notice) -> None:
        nonlocal folder
        try:
            display(event)
        except OSError:  # whoever read the display is gone; the run goes on
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        if isinstance(event, Began):
            folder = event.run.folder
        elif isinstance(event, RoundFinished | RunFinished | Interrupted) and folder is not None:
            _report(folder, display)

    return watch


def _report(folder: Path, display: Display) -> None:
    """Write the report; hours of training are not lost to a picture that cannot be drawn."""
    try:
        write_report(load(folder))
    except Exception as error:
        display(Doing(f"the report could not be written ({type(error).__name__}: {error})"))
