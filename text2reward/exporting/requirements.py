"""What an export needs to be installed, in the versions that its figure comes from."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from text2reward.record.reader import Run

ALWAYS = ("gymnasium", "numpy", "stable-baselines3", "torch")


def requirements(run: Run, packages: Sequence[str]) -> str:
    """One requirement a line, as ``pip install -r`` reads them.

    Args:
        run: its record knows what it ran on.
        packages: distributions beside :data:`ALWAYS`, possibly with extras.
    """
    wanted = {_bare(name): name for name in sorted((*ALWAYS, *packages))}  # the one with an extra comes last
    recorded = run.environment.get("packages", {})
    lines = []
    for name in sorted(wanted):
        found = recorded.get(name) or _installed(name)
        lines.append(f"{wanted[name]}=={found.partition('+')[0]}" if found else wanted[name])
    return "\n".join(lines) + "\n"


def _bare(name: str) -> str:
    return name.partition("[")[0]


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
