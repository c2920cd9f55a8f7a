"""The commands that do long work: run, resume, train, eval."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from text2reward.agent import run as runs
from text2reward.agent.config import config_for, make_config, override
from text2reward.agent.examples import left_out
from text2reward.agent.lineage import Lineage
from text2reward.agent.models import key_hint
from text2reward.agent.notices import Watcher
from text2reward.errors import RecordError, UserError
from text2reward.record.reader import Run, find_run
from text2reward.record.verdict import shares
from text2reward.record.writer import POLICY
from text2reward.terminal import planning, results
from text2reward.terminal.displays import DisplayName, make_display, watching
from text2reward.web.report import report_is_current, write_report

DONE, MISSED, BUDGET, INTERRUPTED = 0, 1, 3, 130


def run(
    settings: Mapping[str, Any],
    runs_dir: Path,
    display: DisplayName,
    as_json: bool,
    lineage: Lineage | None = None,
    dry: bool = False,
) -> int:
    """Start a run, or only say what it would do; returns the exit code."""
    config = config_for(settings.get("instruction"), settings)
    if dry:
        planning.show(runs.plan(config, runs_dir), as_json)
        return DONE
    hint = key_hint(config)
    if display not in ("none", "json"):
        for line in [*filter(None, [hint]), *left_out(config)]:
            print(line, file=sys.stderr)
    return _show(lambda watch: runs.start(config, runs_dir, watch, lineage), display, as_json)


def resume(
    name: str,
    runs_dir: Path,
    jobs: int | None,
    changes: Mapping[str, Any],
    display: DisplayName,
    as_json: bool,
    ask: bool = False,
) -> int:
    """Go on with a run, with other limits where some are given; returns the exit code."""
    folder = find_run(name, runs_dir)
    return _show(lambda watch: runs.resume(folder, watch, jobs, changes, ask), display, as_json)


def evaluate(
    policy: str,
    env: str | None,
    judge: str | None,
    episodes: int,
    seed: int,
    runs_dir: Path,
    as_json: bool,
    jobs: int | None,
) -> int:
    """Judge a policy in the reference simulator; returns the exit code."""
    from text2reward.agent.evaluating import evaluate as play
    from text2reward.agent.evaluating import find_policy

    folder, config = find_policy(policy, runs_dir)
    if config is None and env is None:
        raise UserError(f"{policy!r} does not say which task it is for.", "Name the task with --env.")
    known = config or make_config({"env": env, "instruction": "-"})
    config = override(known, env=env, judge=judge, seed=seed, jobs=jobs)
    success = play(folder, config, episodes)
    if as_json:
        print(json.dumps({"policy": str(folder / POLICY), "env": config.env, **success.__dict__}))
    else:
        print(
            f"{shares(success)} of {success.n} episodes solved, "
            f"{success.value_at_end:.0%} still solved at the last step"
        )
    return DONE


def _show(go: Callable[[Watcher], Run], display: DisplayName, as_json: bool) -> int:
    """Run, show progress on standard error, keep the report up to date, and print the result."""
    shown = make_display(display)
    try:
        with _as_ctrl_c():
            finished = go(watching(shown))
    except runs.RunInterrupted as interrupt:
        shown.close()
        print(f"Interrupted. Go on with: text2reward resume {interrupt.run.folder}", file=sys.stderr)
        _print(interrupt.run, "interrupted", as_json)
        return INTERRUPTED
    finally:
        shown.close()
    assert finished.finished is not None
    if not report_is_current(finished):  # the last one was cut off
        with contextlib.suppress(RecordError):
            write_report(finished)
    _print(finished, finished.finished.reason, as_json)
    return exit_code(finished)


@contextlib.contextmanager
def _as_ctrl_c() -> Iterator[None]:
    """What a scheduler of jobs sends, and a terminal that closes, ends a run in order as Ctrl-C does."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    in_main = threading.current_thread() is threading.main_thread()
    taken = [each for each in (signal.SIGTERM, signal.SIGHUP) if in_main and signal.getsignal(each) == signal.SIG_DFL]
    for each in taken:
        signal.signal(each, stop)
    try:
        yield
    finally:
        for each in taken:
            signal.signal(each, signal.SIG_DFL)


def exit_code(run: Run) -> int:
    """0 when the held-out success reached the target; else 3 where a budget ended the run, 1 otherwise."""
    if run.solved:
        return DONE
    return BUDGET if run.finished is not None and run.finished.reason == "budget" else MISSED


def _print(run: Run, reason: str, as_json: bool) -> None:
    print(json.dumps(results.as_json(run, reason)) if as_json else results.text(run), flush=True)
