"""Reading a run: what was asked, what happened, who is best. Nothing here writes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from text2reward.errors import NoRunError, RecordError, UnknownNameError
from text2reward.record.candidate import Candidate
from text2reward.record.entry import Entry
from text2reward.record.events import (
    Asked,
    AwaitsPeople,
    Checked,
    Diagnosed,
    Drafted,
    Event,
    Filmed,
    Heard,
    HeldOut,
    Interrupted,
    Resumed,
    Reviewed,
    RoundFinished,
    RunFinished,
    RunStarted,
    Screened,
    Trained,
    Video,
    Watched,
)
from text2reward.record.files import RESTORE, cannot_read, inside, read_json
from text2reward.record.writer import CONFIG, ENVIRONMENT, EVENTS

E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Tally:
    """What screening saved, and how often it was right.

    Args:
        refused: programs that were not trained because of it.
        sim_steps: simulator steps that their trainings would have taken at most.
        audited: programs that were refused for their ranking and trained all the same.
        right: how many of those missed the target.
    """

    refused: int
    sim_steps: int
    audited: int
    right: int

    def __str__(self) -> str:
        steps = f"{self.sim_steps:,} simulator steps at most"
        audit = f"; of {self.audited} trained all the same {self.right} missed the target" if self.audited else ""
        trainings = "1 training" if self.refused == 1 else f"{self.refused} trainings"
        return f"screening saved {trainings} ({steps}){audit}"


@dataclass(frozen=True)
class Run:
    """One run as its record tells it. Open one with :func:`load`.

    Args:
        folder: the run's folder.
        entries: all events in order, with their times.
    """

    folder: Path
    entries: tuple[Entry, ...] = field(repr=False)

    @cached_property
    def config(self) -> dict[str, Any]:
        """The resolved configuration."""
        return _read_json(self.folder / CONFIG)

    @property
    def target(self) -> float:
        """The success rate that counts as solved.

        Raises:
            RecordError: the configuration does not say.
        """
        target = self.config.get("target")
        if not isinstance(target, int | float):
            raise RecordError(f"{self.folder / CONFIG} names no target.", RESTORE)
        return float(target)

    @cached_property
    def environment(self) -> dict[str, Any]:
        """Versions and machine."""
        return _read_json(self.folder / ENVIRONMENT)

    def events(self, kind: type[E]) -> Iterator[E]:
        """All events of one kind, in order."""
        return (entry.event for entry in self.entries if isinstance(entry.event, kind))

    @cached_property
    def started(self) -> RunStarted:
        """What was asked."""
        for event in self.events(RunStarted):
            return event
        raise RecordError(f"{self.folder} holds a run that never started.", "Delete it and run again.")

    @cached_property
    def candidates(self) -> dict[str, Candidate]:
        """All candidates by id, in the order they were drafted."""
        checks = {event.candidate: event for event in self.events(Checked)}
        reviews = {event.candidate: event for event in self.events(Reviewed)}
        screens = {event.candidate: event for event in self.events(Screened)}
        trainings: dict[str, dict[str, Trained]] = {}
        for ended in self.events(Trained):
            trainings.setdefault(ended.candidate, {})[ended.training] = ended
        for seen in self.events(Watched):
            judged = trainings[seen.candidate][seen.training]
            trainings[seen.candidate][seen.training] = replace(judged, select=seen.success, solved=seen.success.k)
        diagnoses = {event.candidate: event for event in self.events(Diagnosed)}
        videos: dict[str, dict[str, Video]] = {}
        for film in self.events(Filmed):
            videos.setdefault(film.candidate, {}).update({video.path: video for video in film.videos})
        return {
            draft.candidate: Candidate(
                folder=self.folder,
                draft=draft,
                check=checks.get(draft.candidate),
                review=reviews.get(draft.candidate),
                screen=screens.get(draft.candidate),
                trainings=tuple(trainings.get(draft.candidate, {}).values()),
                diagnosis=diagnoses.get(draft.candidate),
                videos=tuple(videos.get(draft.candidate, {}).values()),
            )
            for draft in self.events(Drafted)
        }

    @property
    def best(self) -> Candidate | None:
        """The best trained candidate so far, or the latest, as the method has it; audited ones do not count."""
        return self.chosen_of(self.candidates.values(), self.heard)

    @property
    def heard(self) -> Heard | None:
        """What people had said when it was heard last; None where it never was."""
        return next(reversed(list(self.events(Heard))), None)

    def chosen_of(self, candidates: Iterable[Candidate], heard: Heard | None = None) -> Candidate | None:
        """The one of ``candidates``, in the order they were drafted, that the method takes; None without a policy.

        Where people compared them (``heard``), the best liked of those that success cannot tell from the best one; or
        the best liked of all, where the method says so.
        """
        trained = [each for each in candidates if each.success is not None and not each.audited]
        by = self._selects_by
        if by == "latest":
            return trained[-1] if trained else None
        best = min(trained, key=lambda candidate: candidate.rank(self.target), default=None)
        liked = {each.candidate: each.value for each in heard.strengths} if heard is not None else {}
        voted = [each for each in trained if each.id in liked]
        if by != "people":
            voted = [each for each in voted if best is not None and best.id in liked and self.level(best, each)]
        return max(voted, key=lambda each: liked[each.id], default=best)

    def level(self, best: Candidate, other: Candidate) -> bool:
        """Whether success cannot tell ``other`` from ``best``.

        Both proved the target, or neither did and their intervals overlap.
        """
        if best.success is None or other.success is None or best.proved(self.target) != other.proved(self.target):
            return False
        return best.proved(self.target) or other.success.high >= best.success.low

    @property
    def selects_latest(self) -> bool:
        """Whether the method takes the latest candidate rather than the best."""
        return self._selects_by == "latest"

    @property
    def _selects_by(self) -> str:
        stages = self.config.get("stages")
        selection = stages.get("selection") if isinstance(stages, dict) else None
        return str(selection.get("by")) if isinstance(selection, dict) else "success"

    @property
    def sim_steps(self) -> int:
        """Simulator steps of all trainings; those of audits cost the search nothing."""
        return sum(event.sim_steps for c in self.candidates.values() if not c.audited for event in c.trainings)

    @property
    def screening(self) -> Tally | None:
        """What screening saved; None where nothing was refused."""
        screened = [(c, c.screen) for c in self.candidates.values() if c.screen is not None and c.screen.findings]
        saved = sum(not screen.trains for _, screen in screened)
        failed = [candidate for candidate, screen in screened if candidate.audited and screen.ruling == "fail"]
        audited = [candidate.success for candidate in failed if candidate.success is not None]
        if not saved and not audited:
            return None
        most = saved * int(self.config.get("steps", 0))
        return Tally(
            saved,
            min(most, self.config.get("max_steps") or most),
            len(audited),
            sum(success.value < self.target for success in audited),
        )

    @cached_property
    def _since_its_end(self) -> tuple[Entry, ...]:
        """What was recorded after the run went on from an end; everything where it did not."""
        ends = [i for i, entry in enumerate(self.entries) if isinstance(entry.event, RunFinished)]
        reopened = [i for i in ends if any(isinstance(each.event, Resumed) for each in self.entries[i:])]
        return self.entries[reopened[-1] + 1 :] if reopened else self.entries

    @property
    def held_out(self) -> HeldOut | None:
        """How the chosen policy did on unseen episodes; None while a run goes on from an end that a budget set."""
        return next((each.event for each in self._since_its_end if isinstance(each.event, HeldOut)), None)

    @property
    def films_since_judged(self) -> tuple[Video, ...]:
        """Videos that were made after the chosen policy was judged."""
        events = [entry.event for entry in self._since_its_end]
        judged = next((i for i, event in enumerate(events) if isinstance(event, HeldOut)), len(events))
        return tuple(video for event in events[judged:] if isinstance(event, Filmed) for video in event.videos)

    @property
    def sandbox(self) -> str:
        """What holds the reward programs, in words: as of the last start."""
        told = [event.sandbox for event in self.events(Resumed) if event.sandbox]
        return str(told[-1] if told else self.environment.get("sandbox", ""))

    @property
    def solved(self) -> bool:
        """Whether the chosen policy reached the target on unseen episodes."""
        return self.held_out is not None and self.held_out.success.value >= self.target

    @property
    def finished(self) -> RunFinished | None:
        """How the run ended; None while it is not over, or goes on from an end that a budget set."""
        return next((each.event for each in self._since_its_end if isinstance(each.event, RunFinished)), None)

    @property
    def rounds(self) -> list[RoundFinished]:
        """The rounds that are over."""
        return list(self.events(RoundFinished))

    @property
    def waited_s(self) -> float:
        """Seconds for which the run waited for people; they are in no other duration."""
        waited, about = 0.0, ""
        since: Entry | None = None
        last: Entry | None = None
        for entry in self.entries:
            if since is not None and _ends_waiting(entry.event, about):
                end = last if isinstance(entry.event, Resumed) else entry  # a killed run waited until its last line
                waited += end.since(since) if end is not None else 0.0
                since = None
            if isinstance(entry.event, AwaitsPeople) and since is None:
                since, about = entry, entry.event.about
            last = last if entry.aside else entry
        return waited + (last.since(since) if last is not None and since is not None else 0.0)

    @property
    def video_problem(self) -> str:
        """Why there are no videos, if so."""
        return next((event.problem for event in self.events(Filmed) if event.problem), "")

    @property
    def tokens(self) -> tuple[int, int]:
        """Tokens (in, out) over all exchanges."""
        asked = list(self.events(Asked))
        return sum(event.tokens_in or 0 for event in asked), sum(event.tokens_out or 0 for event in asked)

    @property
    def cost_usd(self) -> float | None:
        """Cost of all exchanges; None where any price is unknown."""
        costs = [event.cost_usd for event in self.events(Asked)]
        return None if any(cost is None for cost in costs) else sum(filter(None, costs), 0.0)

    @property
    def status(self) -> str:
        """``solved``, ``not solved``, ``interrupted`` or ``unfinished``, for people."""
        if self.finished:
            return "solved" if self.solved else "not solved"
        last = next((e.event for e in reversed(self.entries) if isinstance(e.event, Interrupted | Resumed)), None)
        return "interrupted" if isinstance(last, Interrupted) else "unfinished"

    def candidate(self, name: str) -> Candidate:
        """The candidate with id ``name``.

        Raises:
            UnknownNameError: there is none.
        """
        if name not in self.candidates:
            raise UnknownNameError("candidate", name, self.candidates)
        return self.candidates[name]

    def path_of(self, name: str) -> Path:
        """Where a file or folder lies that the record names.

        Raises:
            RecordError: not in the run's folder.
        """
        return inside(self.folder, name)

    def exchange(self, key: str) -> dict[str, Any]:
        """One exchange with a model: ``messages``, ``answer``, ``usage``."""
        return _read_json(self.path_of(f"llm/{key}.json"))


def _ends_waiting(event: Event, about: str) -> bool:
    """Whether people that were asked about something are waited for no longer."""
    if isinstance(event, Asked):
        return event.candidate == about
    return isinstance(event, Heard | Watched | HeldOut | RoundFinished | RunFinished | Interrupted | Resumed)


def load(folder: Path) -> Run:
    """Read the run in ``folder`` as it is now; a torn last line is work still owed.

    Raises:
        RecordError: there is no run, or its record cannot be read, is broken or newer than this version.
    """
    path = folder / EVENTS
    try:
        data = path.read_bytes() if path.is_file() else None
    except OSError as error:
        raise cannot_read(path, error, "Ask whoever owns it.") from error
    if data is None:
        raise RecordError(f"There is no run in {folder}.", "`text2reward ls` shows the runs there are.")
    entries = []
    for number, line in enumerate(data.split(b"\n")[:-1], 1):
        try:
            entries.append(Entry.from_line(line.decode()))
        except ValueError as error:
            raise RecordError(
                f"Line {number} of {path} is broken.", "Restore it from a copy, or delete the line."
            ) from error
    return Run(folder, tuple(entries))


def find_run(name: str, runs_dir: Path) -> Path:
    """The folder of the run called ``name``: a path, a folder's name or a unique part of it, or ``latest``.

    Raises:
        NoRunError: there is none.
        RecordError: there is more than one.
    """
    with contextlib.suppress(OSError, ValueError):  # a name no file system takes
        if (Path(name) / EVENTS).is_file():
            return Path(name)
    runs = list_runs(runs_dir)
    if name == "latest" and runs:
        return runs[-1]
    matches = [run for run in runs if run.name == name] or [run for run in runs if name in run.name]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise RecordError(f"{name!r} names {len(matches)} runs.", f"For example {matches[0].name}.")
    raise NoRunError(f"There is no run {name!r} in {runs_dir}.", "`text2reward ls` shows the runs there are.")


def list_runs(runs_dir: Path) -> list[Path]:
    """Folders of all runs below ``runs_dir``, oldest first, those that cannot be read before all others.

    Raises:
        RecordError: ``runs_dir`` cannot be looked into.
    """
    try:
        folders = list(runs_dir.iterdir()) if runs_dir.is_dir() else []
    except OSError as error:
        raise RecordError(
            f"Cannot look into {runs_dir}: {error.strerror}.", "Choose another place with --runs-dir."
        ) from error
    return sorted(filter(_holds_run, folders), key=_age)


def _holds_run(folder: Path) -> bool:
    """Whether a run is there; of a folder that cannot be looked into nobody knows, and who reads it is told why."""
    try:
        return (folder / EVENTS).is_file()
    except OSError:
        return True


def _age(run: Path) -> float:
    try:
        return (run / CONFIG).stat().st_mtime if os.access(run / EVENTS, os.R_OK) else 0.0
    except OSError:
        return 0.0


def _read_json(path: Path) -> dict[str, Any]:
    data = read_json(path)
    if not isinstance(data, dict):
        raise RecordError(f"{path} does not hold what it should.", RESTORE)
    return data
