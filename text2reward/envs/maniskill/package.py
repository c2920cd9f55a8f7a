"""The ``mani_skill`` package, imported quietly, and how its environments are made here."""

from __future__ import annotations

import gc
import logging
import warnings
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of a missing system Vulkan, which only pictures need
    import gymnasium
    import mani_skill.envs  # noqa: F401 - registers the tasks
    from mani_skill.utils.logging_utils import logger
    from mani_skill.utils.registration import REGISTERED_ENVS

    import text2reward.envs.maniskill.lift_cube  # noqa: F401 - registers it
    from text2reward.envs.maniskill.unseen import unseen

logger.setLevel(logging.ERROR)
# ManiSkill collects garbage whenever it builds a scene. Not looking at what the imports left makes that seven times as
# fast.
gc.collect()
gc.freeze()


def make(uid: str, num_envs: int, device: str, control: str) -> Any:
    """A ManiSkill environment of ``num_envs`` parallel ones that is never drawn.

    Its reward is the dense one, or the sparse one where it has no other. A reset may build it anew, so it must happen
    within :func:`unseen`, too.
    """
    dense = "dense" in REGISTERED_ENVS[uid].cls.SUPPORTED_REWARD_MODES
    with unseen():
        return gymnasium.make(
            uid,
            num_envs=num_envs,
            obs_mode="state",
            reward_mode="dense" if dense else "sparse",
            control_mode=control,
            sim_backend="physx_cuda" if device == "cuda" else "physx_cpu",
            render_backend="none",
        ).unwrapped


def make_drawn(uid: str, control: str, size: int) -> Any:
    """One ManiSkill environment that draws pictures of ``size`` x ``size``; raises whatever the renderer does."""
    return gymnasium.make(
        uid,
        num_envs=1,
        obs_mode="none",
        reward_mode="none",
        control_mode=control,
        sim_backend="physx_cpu",
        render_backend="gpu",  # falls back to the CPU's
        render_mode="rgb_array",
        human_render_camera_configs={"width": size, "height": size},
    ).unwrapped
