"""Whole runs in a bench that goes on where an earlier call stopped."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar

import text2reward
from text2reward.agent.run import RunInterrupted
from text2reward.record.reader import Run, list_runs, load

Key = TypeVar("Key", bound=Hashable)


def earlier(runs_dir: Path, key: Callable[[Run], Key], **settings: Any) -> dict[Key, Run]:
    """The runs of earlier calls with these settings, finished or not, by what tells them apart."""
    runs = (load(folder) for folder in list_runs(runs_dir))
    return {key(run): run for run in runs if all(run.config[name] == value for name, value in settings.items())}


def finished(known: Run | None, **settings: Any) -> Run:
    """A run from its record, resumed where it was stopped; one that is not known is made. Ctrl-C ends the program."""
    try:
        if known is None:
            return text2reward.run(**settings)
        return known if known.finished else text2reward.resume(known.folder)
    except RunInterrupted as stop:
        print(f"{stop}; the same command goes on from here.", file=sys.stderr)
        raise SystemExit(130) from None
