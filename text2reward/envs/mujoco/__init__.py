"""Gymnasium's MuJoCo bodies: trained on EnvPool's C++ twins, judged and rendered in Gymnasium."""

from __future__ import annotations

from text2reward.envs.mujoco.tasks import TASKS

__all__ = ["TASKS"]
