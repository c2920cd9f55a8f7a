"""Franka Panda tasks of MuJoCo Playground: trained and judged on EnvPool, drawn in MuJoCo."""

from __future__ import annotations

from text2reward.envs.panda.tasks import TASKS

__all__ = ["TASKS"]
