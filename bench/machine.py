"""What every benchmark prints about the machine it ran on."""

from __future__ import annotations

import platform
import time
from pathlib import Path

from text2reward.agent.system import cpus, package_version


def about() -> str:
    """Processor, cores, versions, and how fast this machine is right now (a shared machine changes by the minute)."""
    versions = " ".join(
        f"{name} {package_version(name)}" for name in ("torch", "stable-baselines3", "envpool", "metaworld")
    )
    return f"{_processor()}, {cpus()} cores, Python {platform.python_version()}, {versions}; speed: {speed_score():.2f}"


def speed_score() -> float:
    """Millions of additions in a plain Python loop per second, the best of three."""
    best = 0.0
    for _ in range(3):
        began = time.perf_counter()
        total = 0
        for i in range(1_000_000):
            total += i
        best = max(best, 1.0 / (time.perf_counter() - began))
    return best


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown processor"
    )
