"""Meta-World v3: trained on EnvPool's C++ twin, judged and rendered in the ``metaworld`` package."""

from __future__ import annotations

from collections.abc import Sequence

from text2reward.envs.metaworld.fixtures import FIXTURES
from text2reward.envs.metaworld.loose_objects import LOOSE_OBJECTS
from text2reward.envs.task import Task

__all__ = ["TASKS"]

TASKS: Sequence[Task] = (*FIXTURES, *LOOSE_OBJECTS)
