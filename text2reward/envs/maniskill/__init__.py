"""ManiSkill 3: manipulation in SAPIEN, one environment after the other on a CPU or thousands at once on a GPU."""

from __future__ import annotations

from collections.abc import Sequence

from text2reward.envs.maniskill.jointed import WITH_JOINTS
from text2reward.envs.maniskill.tabletop import CUBES, INSERTIONS, TOOLS
from text2reward.envs.task import Task

TASKS: Sequence[Task] = (*CUBES, *TOOLS, *INSERTIONS, *WITH_JOINTS)

__all__ = ["TASKS"]
