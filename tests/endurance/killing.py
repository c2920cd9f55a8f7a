"""A search as a user starts it, killed at an instant that is told by its record, and resumed until it is over."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from descendants import descendants, environment_of
from protocol_server import Reply, Server, serving
from whole_searches import WholeSearch

from text2reward.record.entry import Entry
from text2reward.record.events import AwaitsPeople, RunFinished
from text2reward.record.reader import Run, load
from text2reward.record.writer import EVENTS

Victim = Literal["main", "trainer", "reward", "film", "servers", "group"]
VICTIMS: tuple[Victim, ...] = ("main", "trainer", "reward", "group")
_TARGETS = {"trainer": "training.worker:main", "reward": "reward_process_main:main", "film": "film_worker:main"}

HERE = Path(__file__).parent
OVER = (0, 1, 3)
"""Exit codes of a run that is over."""

POLL_S = 0.002
LOOK_S = 0.2
"""How often the processes of a run are listed."""
STORED_S = 1.0
"""An answer that was given so long ago has been stored."""
GONE_S = 60.0
"""How long processes may take to follow one that was killed: a fork server ends its imports first."""
SEARCH_S = 1800.0


@dataclass(frozen=True)
class Process:
    """A process, told from a later one of the same number by its start."""

    pid: int
    began: str
    words: str

    @property
    def alive(self) -> bool:
        """Whether it is still there, and not only its exit code."""
        stat = _stat(self.pid)
        return bool(stat) and stat[19] == self.began and stat[0] != "Z"


def below(pid: int) -> set[Process]:
    """All processes that a process started, and those that they did."""
    found = ((each, _stat(each), environment_of(each)) for each in descendants(pid))
    return {Process(each, stat[19], words.decode(errors="replace")) for each, stat, words in found if stat}


def chosen(victim: Victim, main: int, there: set[Process]) -> list[int]:
    """Whom to kill; nobody where there is no such process."""
    servers = [each.pid for each in there if _stat(each.pid)[1:2] == [str(main)]]
    if victim == "main":
        return [main]
    if victim == "group":
        return [*(each.pid for each in there), main]
    if victim == "servers":
        return servers
    working = [each for each in there if each.pid not in servers and _TARGETS[victim] in each.words]
    return [each.pid for each in working[:1]]


def _stat(pid: int) -> list[str]:
    """State, parent and what follows of ``/proc/PID/stat``; empty where the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


@dataclass(frozen=True)
class Kill:
    """Whom to kill, and when.

    Args:
        victim: ``trainer``, ``reward`` and ``film`` are the first process of that kind from that instant on;
            ``servers`` all fork servers; ``group`` every process, the main one last, so that it sees the others die.
        event: the kind of event at which; empty for a time.
        number: which event of this kind, from 1.
        before: the main process kills itself in place of writing the event.
        after_s: for a time, seconds after the session's first event.
    """

    victim: Victim
    event: str = ""
    number: int = 1
    before: bool = False
    after_s: float = 0.0

    def __str__(self) -> str:
        instant = f"{self.event} {self.number}" if self.event else f"{self.after_s:.2f} s"
        return f"{self.victim} {'before' if self.before else 'at'} {instant}"


@dataclass
class Outcome:
    """What became of a search.

    Args:
        folder: the run's.
        kills: those that happened, with the seconds from the session's first event.
        missed: those that did not, because there was no such process from that instant on.
        sessions: exit code of each process, from the first to the last.
        asked: requests that the model got.
        lost: those that were under way when a process was killed, so that nobody stored their answers.
        twice: those whose answers had been stored before, or should have been.
        points: simulator steps at the points of learning curves that the sessions told of, in order, by training.
        orphans: processes that outlived the run.
        wall_s: seconds that it took.
    """

    folder: Path
    kills: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    sessions: list[int] = field(default_factory=list)
    asked: int = 0
    lost: int = 0
    twice: int = 0
    points: dict[str, list[int]] = field(default_factory=dict)
    orphans: list[str] = field(default_factory=list)
    wall_s: float = 0.0

    @property
    def run(self) -> Run:
        """The record."""
        return load(self.folder)


def search(whole: WholeSearch, place: Path, kills: Sequence[Kill] = ()) -> Outcome:
    """Start a search in a folder of its own, kill it at every instant of ``kills`` in turn, and bring it to its end."""
    place.mkdir(parents=True)
    began = time.monotonic()
    answered_at: list[float] = []
    respond = whole.model(place / "runs") if whole.model else None

    def timed(body: dict[str, Any], number: int) -> Reply:
        assert respond is not None
        reply = respond(body, number)
        answered_at.append(time.monotonic())
        return reply

    with serving(timed) as server:
        urls = {"base_url": server.url} if "/" in whole.settings["model"] else {}
        urls |= {"vision_url": server.url} if "vision" in whole.settings else {}
        (place / "config.json").write_text(json.dumps({**whole.settings, **urls}))
        outcome = _Sessions(whole, place, server, answered_at).run(list(kills))
    outcome.wall_s = time.monotonic() - began
    return outcome


class _Sessions:
    """One process after the other, until the search is over."""

    def __init__(self, whole: WholeSearch, place: Path, server: Server, answered_at: list[float]) -> None:
        self._whole, self._place, self._server, self._answered_at = whole, place, server, answered_at
        self._outcome = Outcome(place)
        self._seen: set[Process] = set()
        self._killed_at: float | None = None
        self._read = 0
        self._counts: dict[str, int] = {}

    def run(self, owed: list[Kill]) -> Outcome:
        outcome = self._outcome
        while not outcome.sessions or outcome.sessions[-1] not in OVER:
            before = len(outcome.kills)
            self._session(owed)
            assert outcome.sessions[-1] in OVER or len(outcome.kills) > before, self._last_words()
        # Who has written its last event may be gone before anybody can kill it.
        outcome.missed = [str(kill) for kill in owed if kill.before or kill.event != RunFinished.kind]
        end = time.monotonic() + GONE_S
        while (left := [each for each in self._seen if each.alive]) and time.monotonic() < end:
            time.sleep(0.05)
        outcome.orphans = [each.words[-400:] for each in left]
        return outcome

    def _session(self, owed: list[Kill]) -> None:
        process = self._start(owed[0] if owed else None)
        began, looked, first = time.monotonic(), 0.0, None
        self._killed_at = None
        try:
            while process.poll() is None:
                assert time.monotonic() - began < SEARCH_S, f"took longer than {SEARCH_S:g} s: {self._last_words()}"
                fresh = list(self._news())
                if fresh and first is None:
                    first = time.monotonic()
                if owed and first is not None and self._is_due(owed[0], first):
                    self._kill(process, owed, time.monotonic() - first)
                for entry in fresh:
                    if isinstance(entry.event, AwaitsPeople) and self._whole.speak and process.poll() is None:
                        self._whole.speak(load(self._folder()), entry.event)
                if time.monotonic() - looked > LOOK_S:
                    looked = time.monotonic()
                    self._seen |= below(process.pid)
                time.sleep(POLL_S)
            if owed and owed[0].before and process.returncode == -signal.SIGKILL:
                self._outcome.kills.append(str(owed.pop(0)))
                self._killed_at = time.monotonic()
        finally:
            process.kill()
            process.wait()
        self._end(process)

    def _start(self, kill: Kill | None) -> subprocess.Popen[bytes]:
        """The command that a user gives; a process that is to kill itself is told when."""
        runs = self._place / "runs"
        how = ["-m", "text2reward"]
        if kill is not None and kill.before:
            done = self._counts.get(kill.event, 0)
            how = [str(HERE / "kills_itself.py"), kill.event, str(max(1, kill.number - done))]
        if self._record() is not None:
            words = ["resume", str(self._folder())]
        else:
            words = ["run", "--config", str(self._place / "config.json"), "--runs-dir", str(runs)]
        number = len(self._outcome.sessions)
        path = os.pathsep.join([str(HERE.parent), str(HERE.parents[1])])
        with (
            (self._place / f"out-{number}.txt").open("wb") as out,
            (self._place / f"told-{number}.jsonl").open("wb") as told,
        ):
            return subprocess.Popen(
                [sys.executable, *how, *words, "--display", "json"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=told,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": path, "OPENAI_API_KEY": "none"},
            )

    def _record(self) -> Path | None:
        """The record of the run, once it has an event: before the first there is nothing to go on with."""
        records = (self._place / "runs").glob(f"*/{EVENTS}")
        return next((path for path in records if path.stat().st_size), None)

    def _folder(self) -> Path:
        record = self._record()
        assert record is not None, self._last_words()
        return record.parent

    def _news(self) -> Iterator[Entry]:
        """Events that were written since the last look."""
        path = self._record()
        if path is None or path.stat().st_size <= self._read:
            return
        with path.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.decode().splitlines():
            entry = Entry.from_line(line)
            self._counts[entry.event.kind] = self._counts.get(entry.event.kind, 0) + 1
            yield entry

    def _is_due(self, kill: Kill, first: float) -> bool:
        if kill.before:
            return False
        if kill.event:
            return self._counts.get(kill.event, 0) >= kill.number
        return time.monotonic() - first >= kill.after_s

    def _kill(self, process: subprocess.Popen[bytes], owed: list[Kill], after_s: float) -> None:
        """Kill whom it is about; nobody yet where that process is not there."""
        kill = owed[0]
        there = set() if kill.victim == "main" else below(process.pid)
        self._seen |= there
        victims = chosen(kill.victim, process.pid, there)
        if not victims:
            return
        for pid in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        owed.pop(0)
        self._killed_at = time.monotonic()
        self._outcome.kills.append(f"{kill} ({after_s:.2f} s)")
        if process.pid in victims:
            process.wait()

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """Look after what a process left behind."""
        outcome, number = self._outcome, len(self._outcome.sessions)
        outcome.sessions.append(process.returncode)
        list(self._news())
        outcome.folder = self._folder() if self._record() else self._place
        for line in (self._place / f"told-{number}.jsonl").read_text(errors="replace").splitlines():
            if line.startswith('{"event": "progress"') and line.endswith("}"):
                told = json.loads(line)
                outcome.points.setdefault(told["training"], []).append(told["point"]["sim_steps"])
        self._count_questions()

    def _count_questions(self) -> None:
        """Answers are stored at once: what was not under way at the kill has been asked for nothing, or twice."""
        outcome = self._outcome
        outcome.asked = len(self._server.requests)
        stored = sum(not path.name.endswith(".failed.json") for path in outcome.folder.glob("llm/*.json"))
        more = outcome.asked - stored - outcome.lost - outcome.twice
        under_way = 0
        if self._killed_at is not None:
            done = sum(at < self._killed_at - STORED_S for at in self._answered_at)
            under_way = outcome.asked - done
        outcome.lost += min(more, under_way)
        outcome.twice += max(0, more - under_way)

    def _last_words(self) -> str:
        return "\n".join(path.read_text(errors="replace")[-2000:] for path in sorted(self._place.glob("told-*")))
