"""Searches one after another in one process, and a server beside it that a browser looks at: does anything grow?

After every search it prints what the process, its fork servers and the server of pages hold: memory that is theirs
alone (USS), open descriptors, and how many processes there are. What the second half of the searches holds more than
the first, after a warm-up, must stay within 5%; no descriptor and no process may be left over. Ends with exit code 1
where one is.

    python bench/soak.py [--minutes 60] [--env toy:TASK metaworld/drawer-close-v3] [--runs-dir runs/bench-soak]
"""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("MUJOCO_GL", "osmesa")
TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path.insert(0, str(TESTS))

import psutil
from machine import about

import text2reward
from text2reward.record.reader import Run, list_runs

WARM_UP = 2
"""Searches of each task before anything is compared: what is imported and mapped once is there by then."""
MOST = 0.05
SETTLED_S = 20.0
PAGES = ("", "rate", "candidate/r1c1")
PPO = {"n_envs": 8, "n_steps": 32, "batch_size": 64, "n_epochs": 5, "learning_rate": 3e-3}
SEARCH = {"candidates": 2, "rounds": 2, "held_out": 10, "jobs": 2, "target": 1.0, "display": "none"}
STEPS = {"toy:TASK": {"steps": 4_096, "ppo": PPO}}
OTHER_STEPS = {"steps": 8_000}


@dataclass(frozen=True)
class Held:
    """What some processes hold.

    Args:
        uss_mb: memory that is theirs alone.
        descriptors: open files, pipes and sockets.
        processes: how many they are.
    """

    uss_mb: float
    descriptors: int
    processes: int


@dataclass
class Soak:
    """What was measured after every search, and every process that was seen.

    Args:
        ours: of this process.
        below: of the processes that it started.
        pages: of the server and what it started, which films what people rate.
        seen: all processes below this one so far.
    """

    ours: list[Held] = field(default_factory=list)
    below: list[Held] = field(default_factory=list)
    pages: list[Held] = field(default_factory=list)
    seen: set[psutil.Process] = field(default_factory=set)


def held(processes: Sequence[psutil.Process]) -> Held:
    """What these hold; those that end meanwhile hold nothing."""
    uss, descriptors, count = 0.0, 0, 0
    for process in processes:
        try:
            uss += process.memory_full_info().uss / 1e6
            descriptors += process.num_fds()
            count += 1
        except psutil.Error:
            continue
    return Held(uss, descriptors, count)


def serve(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """``text2reward serve`` on a run, and the address of its pages."""
    words = [sys.executable, "-m", "text2reward", "serve", str(folder), "--port", "0"]
    path = os.pathsep.join([str(TESTS), str(TESTS.parent)])
    server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path})
    assert server.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", server.stdout.readline())
    assert found, "the server said no address"
    return server, found[0]


class Visitor:
    """Looks at the pages of a server as a browser does, with its cookie."""

    def __init__(self, address: str) -> None:
        self._root = address.partition("?")[0]
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor()).open
        self._open(address, timeout=60).read()

    def look(self, times: int) -> None:
        """Fetch every page so often."""
        for _ in range(times):
            for page in PAGES:
                with self._open(self._root + page, timeout=60) as answer:
                    assert answer.status == 200
                    answer.read()


def searched(env: str, number: int, runs_dir: Path) -> Run:
    """A search of half a minute or so."""
    settings = {**SEARCH, **STEPS.get(env, OTHER_STEPS)}
    return text2reward.run(env=env, seed=number, runs_dir=runs_dir, **settings)


def growth(values: Sequence[float]) -> float:
    """By how much the median of the second half is above that of the first, as a share."""
    half = len(values) // 2
    first, second = statistics.median(values[:half]), statistics.median(values[-half:])
    return (second - first) / max(first, 1.0)


def complaints(soak: Soak, warm_up: int) -> list[str]:
    """What grew, in words, and a line for what did not."""
    found = []
    for name, all_values in (
        ("this process", soak.ours),
        ("fork servers", soak.below),
        ("server of pages", soak.pages),
    ):
        values = all_values[warm_up:]
        if len(values) < 4:
            return ["too few searches to say anything; give it more --minutes"]
        for what in ("uss_mb", "descriptors", "processes"):
            numbers = [float(getattr(each, what)) for each in values]
            more = growth(numbers)
            print(f"{name:16} {what:12} {numbers[0]:8,.1f} -> {numbers[-1]:8,.1f}   growth {more:+.1%}")
            if more > MOST:
                found.append(f"{what} of {name} grew by {more:.1%}")
    return found


def left_over(ended: set[psutil.Process]) -> list[str]:
    """Those of some processes that are still there, after a moment for them to end in."""
    _, alive = psutil.wait_procs(ended, timeout=SETTLED_S)
    return [f"process {each.pid} is left over" for each in alive]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--env", nargs="+", default=["toy:TASK", "metaworld/drawer-close-v3"])
    parser.add_argument("--runs-dir", type=Path, default=Path("runs/bench-soak"))
    arguments = parser.parse_args()
    print(about())
    shutil.rmtree(arguments.runs_dir, ignore_errors=True)
    me, soak = psutil.Process(), Soak()
    server: subprocess.Popen[str] | None = None
    began = time.monotonic()
    print(f"{'min':>6} {'search':>6}  {'this process':^24}  {'fork servers':^24}  {'server of pages':^24}  status")
    print(f"{'':13}" + "  {:>9} {:>6} {:>7}".format("USS [MB]", "fds", "procs") * 3)
    try:
        for number, env in enumerate(itertools.cycle(arguments.env), 1):
            run = searched(env, number, arguments.runs_dir)
            if server is None:
                server, address = serve(run.folder)
                visitor = Visitor(address)
            visitor.look(20)
            gc.collect()
            page = psutil.Process(server.pid)
            pages = [page, *page.children(recursive=True)]
            everything = me.children(recursive=True)
            soak.seen.update(everything)
            soak.ours.append(held([me]))
            soak.below.append(held([each for each in everything if each not in pages]))
            soak.pages.append(held(pages))
            row = [soak.ours[-1], soak.below[-1], soak.pages[-1]]
            cells = "".join(f"  {each.uss_mb:9,.1f} {each.descriptors:6} {each.processes:7}" for each in row)
            print(f"{(time.monotonic() - began) / 60:6.1f} {number:6}{cells}  {run.status}", flush=True)
            for old in list_runs(arguments.runs_dir)[1:]:
                shutil.rmtree(old)
            if time.monotonic() - began > arguments.minutes * 60:
                break
    finally:
        if server is not None:
            server.terminate()
            server.wait()
    print()
    found = complaints(soak, WARM_UP * len(arguments.env))
    found += left_over(soak.seen - set(me.children()))
    print("flat within 5%, nothing left over" if not found else "\n".join(f"not as promised: {each}" for each in found))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
