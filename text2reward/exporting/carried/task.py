"""What the modules that declare ManiSkill's tasks need: a function that keeps what it is told."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from text2reward.envs.maniskill.blocks import PANDA, Block

Task = SimpleNamespace


def declare(
    name: str, instruction: str, scene: str, blocks: Sequence[Block], success: str, **more: Any
) -> SimpleNamespace:
    """How the task lives in ManiSkill: its id there, where its fields come from, and what actions do."""
    read = (more.get("robot", PANDA), *blocks)
    return SimpleNamespace(name=name, uid=more.get("uid") or name, blocks=read, control="pd_joint_delta_pos")
