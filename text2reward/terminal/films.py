"""The command films."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from text2reward.agent.limits import at_least
from text2reward.errors import UserError
from text2reward.record.candidate import Candidate
from text2reward.record.film import Film
from text2reward.record.reader import Run, find_run, load
from text2reward.record.words import counted

DONE = 0


def films(name: str, runs_dir: Path, candidates: Sequence[str], jobs: int) -> int:
    """Film what people rate, print each film as it is made, and say what there is; returns the exit code."""
    from text2reward.agent.rating_films import rating_films

    at_least("jobs", jobs, 1)
    run = load(find_run(name, runs_dir))
    chosen = _chosen(run, candidates)
    rating = rating_films(run)
    began, made = time.monotonic(), 0

    def told(film: Film) -> None:
        nonlocal made
        made += 1
        print(film.video, flush=True)

    notes = rating.make(chosen, jobs, told)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    ready = rating.ready()
    took = f", {made} of them made in {time.monotonic() - began:.0f} s" if made else ", all made before"
    count = sum(len(films) for films in ready.values())
    if count:
        print(f"{counted(count, 'film')} of {counted(len(ready), 'candidate')} to rate{took}", file=sys.stderr)
    if not count:
        raise UserError(f"Nothing of {run.folder} can be filmed.", "The notes above say why.")
    return DONE


def _chosen(run: Run, names: Sequence[str]) -> list[Candidate] | None:
    """Those that were named; None for all that can be filmed.

    Raises:
        UnknownNameError: there is no such candidate.
        UserError: none was trained.
    """
    if names:
        return [run.candidate(name) for name in names]
    if not any(each.policy_path for each in run.candidates.values()):
        raise UserError(f"Nothing of {run.folder} was trained yet, so there is nothing to film.")
    return None
