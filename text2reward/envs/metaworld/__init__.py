"""Meta-World v3: trained on EnvPool's C++ twin, judged and rendered in the ``metaworld`` package."""

from __future__ import annotations

from text2reward.envs.metaworld.tasks import TASKS

__all__ = ["TASKS"]
