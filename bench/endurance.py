"""Kills real searches at every kind of event and at random times, and compares what they come to.

Searches are those of ``tests/endurance/whole_searches.py``: a model behind a server; people who rate, and a model
that sees; a person who judges (all of these on a toy task); and the composer on Meta-World. Each is made once without
a kill. Then one run of it is killed at every kind of event in turn, as soon as the event is in the record (``main``,
``group``) or in place of writing it (``before``), and resumed each time; where that run differs, each kind is tried in
a run of its own, to say which it was. A trainer or a reward process is killed once a run, the first there is from that
kind of event on, and the run goes on by itself. Ends with exit code 1 where anything differs. Resumable: what the
folder holds results of is not tried again, and ``--known`` tries nothing and prints what there is.

    python bench/endurance.py [--searches model people] [--random 6] [--known] [--runs-dir runs/bench-endurance]
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from machine import about

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "endurance")]

from killing import Kill, Outcome, Victim, search
from sameness import complaints
from sweeps import ENDS_SESSIONS, OF_STOPPED_RUNS, OF_WORKERS, at_random, in_turn, kinds, never_written
from whole_searches import SEARCHES

RESULTS = "results.jsonl"
WORKERS: Sequence[Victim] = ("trainer", "reward")
SAME, DIFFERENT, NOBODY, UNTRIED = "same", "DIFFERENT", "-", "?"


@dataclass(frozen=True)
class Result:
    """What one killed run came to.

    Args:
        search: its name.
        kills: whom it was to be killed at, in words.
        made: kills that happened.
        sessions: processes that it took.
        broken: what it did otherwise.
        wall_s: seconds that it took.
    """

    search: str
    kills: list[str]
    made: int
    sessions: int
    broken: list[str]
    wall_s: float

    @property
    def word(self) -> str:
        """In a table."""
        return DIFFERENT if self.broken else SAME if self.made else NOBODY


class Sweep:
    """Runs of the searches, with and without kills; what was done is kept.

    Args:
        folder: where runs and results lie.
        only_known: whether nothing is tried.
    """

    def __init__(self, folder: Path, only_known: bool = False) -> None:
        self._folder, self._only_known = folder.resolve(), only_known
        folder.mkdir(parents=True, exist_ok=True)
        lines = (folder / RESULTS).read_text().splitlines() if (folder / RESULTS).is_file() else []
        self._known = {(each.search, *each.kills): each for each in (Result(**json.loads(line)) for line in lines)}
        self.fresh = 0

    def whole(self, name: str) -> Outcome:
        """The search as it is when nobody kills it."""
        kept = self._folder / name / "whole.json"
        if kept.is_file():
            data = json.loads(kept.read_text())
            return Outcome(**{**data, "folder": Path(data["folder"])})
        place = kept.with_name("whole")
        shutil.rmtree(place, ignore_errors=True)
        made = search(SEARCHES[name], place)
        kept.write_text(json.dumps({**asdict(made), "folder": str(made.folder)}))
        return made

    def has(self, name: str) -> bool:
        """Whether there is anything to tell of a search."""
        return not self._only_known or (self._folder / name / "whole.json").is_file()

    def killed(self, name: str, kills: Sequence[Kill]) -> Result | None:
        """One run that is killed at each of ``kills`` in turn, and resumed; None where it is not to be tried."""
        words = [str(kill) for kill in kills]
        if self._only_known or (name, *words) in self._known:
            return self._known.get((name, *words))
        place = self._folder / name / f"killed-{len(self._known)}"
        shutil.rmtree(place, ignore_errors=True)
        whole = self.whole(name)
        try:
            got = search(SEARCHES[name], place, kills)
        except AssertionError as error:
            result = Result(name, words, len(kills), 0, [f"ended by itself: {str(error)[-500:]}"], 0.0)
        else:
            owed = {str(kill) for kill in kills if kill.event and kill.victim in ENDS_SESSIONS}
            broken = [*complaints(whole, got), *(f"never came to: {each}" for each in got.missed if each in owed)]
            result = Result(name, words, len(got.kills), len(got.sessions), broken, round(got.wall_s, 1))
        with (self._folder / RESULTS).open("a") as file:
            file.write(json.dumps(asdict(result)) + "\n")
        self._known[name, *words] = result
        self.fresh += 1
        if not result.broken:
            shutil.rmtree(place, ignore_errors=True)
        return result

    def every_kind(self, name: str, victim: Victim, before: bool) -> dict[str, Result | None]:
        """For each kind of event the run that was killed there: the same for all, unless that one differs."""
        kills = in_turn(self.whole(name), victim, before)
        together = self.killed(name, kills)
        if together is None or not together.broken:
            return {kill.event: together for kill in kills}
        return {kill.event: self.killed(name, [kill]) for kill in kills if kill.event != "resumed"}


def report(sweep: Sweep, name: str, times: int) -> Iterator[tuple[str, list[Result]]]:
    """The lines of one search's table, each with the results that stand in it."""
    whole = sweep.whole(name)
    yield (
        f"\n{name}: {whole.run.started.task}, {whole.run.started.model}; {whole.wall_s:.0f} s when nobody kills it",
        [],
    )
    columns: dict[str, dict[str, Result | None]] = {
        "main": sweep.every_kind(name, "main", False),
        "before": sweep.every_kind(name, "main", True),
        "group": sweep.every_kind(name, "group", False),
    }
    for victim in WORKERS:
        columns[victim] = {kind: sweep.killed(name, [Kill(victim, kind)]) for kind in OF_WORKERS}
    yield f"{'event':16}{''.join(f'{column:>11}' for column in columns)}", []
    for kind in ["resumed", *kinds(whole)]:
        row = [results[kind] for results in columns.values() if kind in results]
        words = [_word(results, kind) for results in columns.values()]
        yield f"{kind:16}{''.join(f'{word:>11}' for word in words)}", [each for each in row if each]
    drawn = [sweep.killed(name, at_random(whole, ENDS_SESSIONS[seed % 2], seed)) for seed in range(times)]
    at = [each for each in drawn if each]
    same = sum(each.word == SAME for each in at)
    yield f"killed at up to three random times each: {len(at)} runs, {same} of them the same", at


def _word(results: Mapping[str, Result | None], kind: str) -> str:
    if kind not in results:
        return NOBODY
    result = results[kind]
    return UNTRIED if result is None else result.word


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--searches", nargs="+", choices=[*SEARCHES], default=[*SEARCHES])
    parser.add_argument("--random", type=int, default=2, help="runs of each search that are killed at random times")
    parser.add_argument("--runs-dir", type=Path, default=Path("runs/bench-endurance"))
    parser.add_argument("--known", action="store_true", help="try nothing; print what the folder holds results of")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the search under way ends as well
    began = time.monotonic()
    sweep = Sweep(arguments.runs_dir, arguments.known)
    print(about())
    print("same: candidates, programs, figures, files and final table, no question twice, no training from the start;")
    print(f"{NOBODY}: not tried, since the victim is the same as in another line; {UNTRIED}: not tried yet")
    broken: dict[str, Result] = {}
    tried: dict[int, Result] = {}
    there = [name for name in arguments.searches if sweep.has(name)]
    for name in there:
        for line, results in report(sweep, name, arguments.random):
            print(line, flush=True)
            tried |= {id(each): each for each in results}
            broken |= {f"{name}, {', '.join(each.kills)}": each for each in results if each.broken}
    if set(there) == set(SEARCHES):
        left = never_written(sweep.whole(name) for name in SEARCHES)
        print(f"\nkinds of events that none of them wrote: {', '.join(sorted(left)) or 'none'}; besides")
        for kind, why in OF_STOPPED_RUNS.items():
            print(f"  {kind}: {why}")
    runs = list(tried.values())
    print(
        f"\n{len(runs)} runs, {sum(each.made for each in runs)} kills, {sum(each.sessions for each in runs)} sessions, "
    )
    print(f"{sum(each.wall_s for each in runs) / 60:.0f} min in all; {sweep.fresh} of the runs in this call, ", end="")
    print(f"{(time.monotonic() - began) / 60:.0f} min")
    for what, each in broken.items():
        print(f"DIFFERENT {what}")
        for complaint in each.broken[:5]:
            print(f"  {complaint}")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
