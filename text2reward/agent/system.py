"""What a run ran on: versions and machine, for the record."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from text2reward.record.hiding import Hiding

PACKAGES = (
    "text2reward",
    "torch",
    "stable-baselines3",
    "gymnasium",
    "gymnasium-robotics",
    "metaworld",
    "mujoco",
    "envpool",
    "numpy",
    "openai",
)


def environment(sandbox: str, hiding: Hiding | None = None) -> dict[str, Any]:
    """Versions, machine and sandbox, as plain data.

    Args:
        sandbox: what holds the reward programs, in words.
        hiding: what is not kept of the words of the command.
    """
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpus": cpus(),
        "packages": {name: installed for name in PACKAGES if (installed := package_version(name))},
        "sandbox": sandbox,
        "command": [os.path.basename(sys.argv[0]), *map(hiding or Hiding(), sys.argv[1:])],
    }


def cpus() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def package_version(name: str) -> str | None:
    """The installed version of a package, without importing it."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None
