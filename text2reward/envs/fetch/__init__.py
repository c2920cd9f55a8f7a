"""Fetch: trained on EnvPool's C++ twin, judged and rendered in the ``gymnasium-robotics`` package."""

from __future__ import annotations

from text2reward.envs.fetch.tasks import TASKS

__all__ = ["TASKS"]
