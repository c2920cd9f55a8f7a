"""The command that installs an optional part of the product, wherever a person stands."""

from __future__ import annotations

import shlex
from pathlib import Path

_CLONE = Path(__file__).resolve().parents[1]


def install(extra: str) -> str:
    """For example ``install("wandb")``; names the clone's folder where the current one is another."""
    if Path.cwd() == _CLONE or not (_CLONE / "constraints.txt").is_file():
        return f'pip install --constraint constraints.txt --editable ".[{extra}]"'
    constraints, clone = (shlex.quote(str(path)) for path in (_CLONE / "constraints.txt", _CLONE))
    return f'pip install --constraint {constraints} --editable {clone}"[{extra}]"'
