"""What decides from a whole episode whether the task was solved, where the environment does not."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Happened = Callable[[Mapping[str, np.ndarray]], bool]


def judge_of(task: Mapping[str, Any]) -> Happened | None:
    """The judge that task.json names: a function of a file, or a behaviour with its arguments; None for none."""
    judge = task["judge"]
    if judge is None:
        return None
    found = getattr(importlib.import_module(judge["module"]), judge["name"])
    if judge["arguments"] is None:
        return found  # type: ignore[no-any-return]
    return found(**judge["arguments"])  # type: ignore[no-any-return]
