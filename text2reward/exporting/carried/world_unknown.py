"""The task's environment is not carried along: see :data:`WHY`. The fields are yours to complete."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TASK = json.loads(Path(__file__).with_name("task.json").read_text(encoding="utf-8"))
WHY: str = TASK["world"]["why"]


def fields(env: Any, observation: Any, info: Mapping[str, Any]) -> dict[str, Any]:
    """Each field of one environment, after a reset or a step; for reward_wrapper.RewardWrapper. Yours to complete."""
    names = ", ".join(field["name"] for field in TASK["fields"])
    raise NotImplementedError(f"world.fields() has to return {names}")
