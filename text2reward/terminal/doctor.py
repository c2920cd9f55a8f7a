"""What works on this machine, and what to do about what does not."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from text2reward.agent.models import KEYS
from text2reward.agent.system import PACKAGES, cpus, package_version
from text2reward.envs.faults import import_problem
from text2reward.errors import SandboxError
from text2reward.training import opengl

Level = Literal["ok", "note", "problem"]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    level: Level
    what: str
    found: str


def doctor(runs_dir: Path) -> int:
    """Print all checks; exit code 1 when something that is needed does not work."""
    problems = 0
    for check in checks(runs_dir):
        mark = {"ok": "ok     ", "note": "note   ", "problem": "PROBLEM"}[check.level]
        print(f"{mark} {check.what}: {check.found}", flush=True)
        problems += check.level == "problem"
    return 1 if problems else 0


def checks(runs_dir: Path) -> Iterator[Check]:
    """Look at interpreter, packages, machine, sandbox, simulator, OpenGL, keys and disk."""
    known = (3, 11) <= sys.version_info[:2] <= (3, 12)
    yield Check(
        "ok" if known else "note", "python", f"{platform.python_version()}{'' if known else ' (tested: 3.11, 3.12)'}"
    )
    for name in PACKAGES:
        yield _package(name)
    yield Check("ok", "processors", str(cpus()))
    yield _sandbox()
    yield _simulator()
    yield _drawing()
    for key in KEYS:
        yield Check("ok" if os.environ.get(key) else "note", key, "set" if os.environ.get(key) else "not set")
    yield _disk(runs_dir)


def _package(name: str) -> Check:
    version = package_version(name)
    if version is None:
        return Check("problem", name, f"not installed: pip install {name}")
    broken = import_problem(name) if name == "envpool" else ""  # its wheels do not fit every machine they install on
    return Check("problem" if broken else "ok", name, f"{version} {broken}".rstrip())


def _sandbox() -> Check:
    from text2reward.sandbox.reward_server import RewardServer

    try:
        lock = RewardServer("auto").lock()
    except SandboxError as error:
        return Check("problem", "sandbox", str(error))
    return Check("ok" if lock.tier == "A" else "note", "sandbox", f"{lock.line}; the self-test found no hole")


def _simulator() -> Check:
    from text2reward.envs.registry import get_task

    try:
        task = get_task("metaworld/window-close-v3")
        simulator = task.make_training(1)
        simulator.reset([0])
        simulator.close()
    except Exception as error:  # whatever a broken simulator raises is what the person needs to read
        return Check("problem", "simulator", f"{type(error).__name__}: {error}")
    return (
        Check("note", "simulator", task.note) if task.note else Check("ok", "simulator", "EnvPool's Meta-World starts")
    )


def _drawing() -> Check:
    found = opengl.backends()
    if found:
        return Check("ok", "videos", f"MUJOCO_GL={found[0]}")
    return Check("note", "videos", f"no OpenGL was found. {opengl.INSTALL_HINT}")


def _disk(runs_dir: Path) -> Check:
    place = runs_dir if runs_dir.is_dir() else Path()
    free_gb = shutil.disk_usage(place).free / 1e9
    writable = os.access(place, os.W_OK)
    level: Level = "ok" if writable and free_gb > 1 else "problem"
    return Check(level, f"runs in {runs_dir}", f"{free_gb:.0f} GB free{'' if writable else ', not writable'}")
