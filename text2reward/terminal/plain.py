"""Progress as plain lines, for logs and pipes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from typing import Any, TextIO

from text2reward.agent.notices import Began, Doing, Judged, Notice, Planned, Progress, Waiting
from text2reward.record.events import (
    Asked,
    Checked,
    Diagnosed,
    Drafted,
    Event,
    Filmed,
    Heard,
    Heat,
    HeldOut,
    Interrupted,
    Opined,
    Reviewed,
    RoundFinished,
    RunFinished,
    Screened,
    Trained,
)
from text2reward.record.opinion import MOVED
from text2reward.record.verdict import shares
from text2reward.record.words import counted
from text2reward.terminal import planning
from text2reward.terminal.clock import clock
from text2reward.terminal.results import liked
from text2reward.terminal.timing import Timing

_EVERY_S = 15.0


class PlainDisplay:
    """One line per thing that happened; progress of a training at most every quarter of a minute.

    Args:
        out: where lines go.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._began = time.monotonic()
        self._last: dict[str, float] = {}
        self._success: dict[str, str] = {}  # as last known, by candidate
        self._timing = Timing()
        self._lock = threading.Lock()

    def __call__(self, event: Event | Notice) -> None:
        """Show one event or notice."""
        with self._lock:
            self._timing(event)
            for line in self._lines(event):
                print(f"[{clock(time.monotonic() - self._began)}] {line}", file=self._out, flush=True)

    def close(self) -> None:
        """Nothing is kept open."""

    def _lines(self, event: Event | Notice) -> Iterator[str]:
        if isinstance(event, Began):
            config = event.config
            yield f"{event.run.folder}"
            rounds = counted(config.rounds, "round")
            yield f"{config.env} · {config.model} · {rounds} of {config.candidates} · {event.jobs} at once"
            yield f"sandbox: {event.run.sandbox}"
            if event.task.note:
                yield event.task.note
            if event.run.candidates:
                done = sum(candidate.training is not None for candidate in event.run.candidates.values())
                yield f"goes on with {counted(len(event.run.candidates), 'program')}, {done} of them trained"
        elif isinstance(event, Planned):
            yield from planning.lines(event.plan)
        elif isinstance(event, Asked):
            if event.left_out:
                yield f"{event.candidate} left out of its prompt to fit: {', '.join(event.left_out)}"
        elif isinstance(event, RunFinished):
            if event.budget:
                yield f"ended by a limit: {event.budget}"
        elif isinstance(event, Doing) and event.candidate is None:
            yield event.what
        elif isinstance(event, Waiting):
            yield from event.lines
        elif isinstance(event, Heard):
            yield from heard(event)
            if self._timing.waited_s:
                yield f"waited {clock(self._timing.waited_s)} for people"
        elif isinstance(event, Opined):
            yield from opined(event)
        elif isinstance(event, Drafted):
            yield f"{event.candidate} drafted by {event.author}: {event.note or '(no note)'}"
            yield from _findings(event)
        elif isinstance(event, Checked | Diagnosed):
            yield from _findings(event)
        elif isinstance(event, Reviewed):
            if not event.accepted:
                yield f"{event.candidate} reviewed by {event.by}: worth another try"
            yield from _findings(event)
        elif isinstance(event, Screened):
            yield f"{event.candidate} screened: {screened(event)}"
            yield from _findings(event)
        elif isinstance(event, Progress):
            yield from self._progress(event)
        elif isinstance(event, Heat):
            yield heat(event)
        elif isinstance(event, Trained):
            yield f"{event.training.removesuffix('/s0')} {trained(event)}"
        elif isinstance(event, RoundFinished):
            yield f"round {event.round} done, best so far {event.best or 'none'}{self._left()}"
        elif isinstance(event, Judged) and event.done in (0, event.total):
            yield f"judging the chosen policy: {event.done} of {event.total} held-out episodes"
        elif isinstance(event, HeldOut):
            yield f"{event.candidate} held-out success {shares(event.success)}"
        elif isinstance(event, Filmed):
            episodes = ", ".join(video.label for video in event.videos)
            yield event.problem or f"{event.candidate} filmed: {episodes} episode"
        elif isinstance(event, Interrupted):
            yield f"interrupted: {event.why}"

    def _progress(self, event: Progress) -> Iterator[str]:
        now, point = time.monotonic(), event.point
        if point.success is not None:  # in most rollouts no episode ends
            self._success[event.candidate] = f"success {point.success:.0%} while exploring"
        if now - self._last.get(event.candidate, 0.0) < _EVERY_S:
            return
        self._last[event.candidate] = now
        success = self._success.get(event.candidate, "no episode ended yet")
        yield f"{event.candidate} {point.sim_steps:,} steps, {success}{self._left()}"

    def _left(self) -> str:
        left = self._timing.left_s()
        return "" if left is None else f" (the run: up to about {clock(left)} left)"


def _findings(event: Drafted | Checked | Reviewed | Screened | Diagnosed) -> Iterator[str]:
    for finding in event.findings:
        yield f"{event.candidate}   {finding.level}: {finding}"


def screened(event: Screened) -> str:
    """What screening made of a program, in a few words."""
    pairs = f"{event.successes} solved and {counted(event.failures, 'unsolved episode')}"
    share = "" if event.in_order is None else f", {event.in_order:.0%} of the pairs in order"
    if event.people is not None:
        share += f", people's pairs in order: {event.people.k} of {event.people.n}"
    anyway = f"; trained all the same ({event.trained_anyway})" if event.trained_anyway else ""
    return f"{event.ruling} ({pairs}{share}){anyway}"


def heard(event: Heard) -> Iterator[str]:
    """What people said, in a few words."""
    remarks, edits = counted(len(event.quotes), "remark"), counted(len(event.edits), "edited program")
    said = f"{counted(event.votes, 'vote')}, {remarks}, {edits}"
    yield f"people: {said}{f'; they like {liked(event)}' if event.strengths else ''}"
    for finding in event.findings:
        yield f"people   {finding.level}: {finding}"


def opined(event: Opined) -> Iterator[str]:
    """What a model that sees made of films, in a few words."""
    found = "; ".join(f"{each.preferred} over {each.beaten}" for each in event.opinions if each.preferred)
    moved = sum(each.verdict == MOVED for each in event.opinions)
    asked = f"{counted(len(event.opinions), 'pair')}, {moved} of them position-dependent" if event.opinions else "none"
    yield f"a model's opinion ({event.model}): {asked}{f'; {found}' if found else ''}"
    if event.problem:
        yield f"a model's opinion ({event.model}): {event.problem}"


def heat(event: Heat) -> str:
    """Who trains next, in a few words."""
    names = ", ".join(event.candidates)
    if event.seed:
        return f"too close to call; with another seed: {names}"
    most = f" of {event.most_steps:,}" if event.sim_steps < event.most_steps else ""
    return f"training {'on ' if event.heat else ''}to {event.sim_steps:,}{most} steps: {names}"


def trained(event: Trained) -> str:
    """How a training ended, in a few words."""
    cause = event.findings[0] if event.findings else "no reason recorded"
    if event.select is None:
        return f"failed{', and its program is not to blame' if event.failed_by_machine else ''}: {cause}"
    why = {
        "target": "target proved",
        "steps": "all steps used",
        "gave-up": "given up: far slower than the best",
        "heat": "so far",
        "hours": "so far: the run's hours are over",
        "failed": f"before it failed: {cause}",
    }
    return f"{shares(event.select)} after {event.sim_steps:,} steps ({why.get(event.reason, event.reason)})"


class JsonDisplay:
    """Every event and notice as one JSON object per line.

    Args:
        out: where lines go.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._lock = threading.Lock()

    def __call__(self, event: Event | Notice) -> None:
        """Show one event or notice."""
        kind = event.kind if isinstance(event, Event) else type(event).__name__.lower()
        data: dict[str, Any] = {}
        if isinstance(event, Began):
            data = {"run": str(event.run.folder), "jobs": event.jobs}
        elif isinstance(event, Planned):
            data = {name: value for name, value in event.plan.to_json().items() if name != "prompts"}
        elif is_dataclass(event):
            data = asdict(event)
        with self._lock:
            print(json.dumps({"event": kind, **data}, default=str), file=self._out, flush=True)

    def close(self) -> None:
        """Nothing is kept open."""


class NoDisplay:
    """Shows nothing."""

    def __call__(self, event: Event | Notice) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Nothing is kept open."""
