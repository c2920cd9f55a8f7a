"""The command that serves a run's pages."""

from __future__ import annotations

import getpass
import socket
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from text2reward.agent.config import make_config
from text2reward.agent.people import next_pair
from text2reward.agent.people.hearing import waited_for
from text2reward.agent.people.pairs import unjudged
from text2reward.agent.rating_films import rating_films
from text2reward.envs.field import StateLayout
from text2reward.envs.registry import get_task
from text2reward.errors import UserError
from text2reward.record.feedback import Feedback
from text2reward.record.finding import Finding
from text2reward.record.reader import Run, find_run, load
from text2reward.sandbox.static_check import check_source
from text2reward.web.serve import Ports, Server

OK = 0
PORTS = range(65_536)


def serve(name: str, runs_dir: Path, port: int, films: bool) -> int:
    """Serve a run's pages until interrupted; returns the exit code."""
    if port not in PORTS:
        raise UserError(f"--port takes a number from 0 to {PORTS[-1]}, not {port}.", "Leave it out for a free port.")
    folder = find_run(name, runs_dir)
    _ = load(folder).started
    server = Server(folder, ports(), port, films)
    print(told(server, folder), flush=True)
    try:
        server.run()
    except KeyboardInterrupt:
        print("Stopped. What people said lies in the run's folder.", file=sys.stderr)
    return OK


def ports() -> Ports:
    """What the pages ask of other rooms."""
    return Ports(rating_films, next_pair, check, waited_for, pairs_left)


def pairs_left(run: Run, said: list[Feedback], rater: str, ready: Mapping[str, Mapping[int, Any]]) -> int:
    """How many pairs of films there are that a rater has not judged; skipped ones are left."""
    return len(unjudged(run, said, rater, ready))


def told(server: Server, folder: Path) -> str:
    """Where the pages are, and how to see them from another machine."""
    tunnel = f"ssh -N -L {server.port}:127.0.0.1:{server.port} {getpass.getuser()}@{socket.gethostname()}"
    return "\n".join(
        [
            f"{folder.name} is at {server.address}",
            "Only browsers on this machine reach it, and only with that whole address. From another machine:",
            f"  {tunnel}",
            "and then open the same address there. Or copy the folder to where you sit, and there",
            f"  text2reward serve {folder.name} --runs-dir WHERE-IT-IS",
            "Ctrl-C stops it.",
        ]
    )


def check(run: Run, program: str) -> list[Finding]:
    """What the static check finds in a program for the run's task; nothing is executed.

    Raises:
        UserError: the task cannot be had here.
    """
    return check_source(program, _layout(run.folder))


@cache
def _layout(folder: Path) -> StateLayout:
    config = make_config(load(folder).config)
    return get_task(config.env, config.action_repeat).layout
