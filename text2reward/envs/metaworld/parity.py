"""How EnvPool's episodes are started again in the package, and how far the two may part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import numpy as np

from text2reward.envs.metaworld.reference_simulator import ReferenceSimulator
from text2reward.envs.parity import Actions
from text2reward.envs.simulator import Simulator, Snapshot
from text2reward.envs.task import Task


def _moved(*offset: float) -> Callable[[Mapping[str, np.ndarray]], np.ndarray]:
    return lambda state: state["goal.pos"] + np.array(offset)


def _object_and_goal(state: Mapping[str, np.ndarray]) -> np.ndarray:
    return np.concatenate([state["puck.pos"], state["goal.pos"]], axis=1)


def _sweep(state: Mapping[str, np.ndarray]) -> np.ndarray:
    puck = state["puck.pos"]
    return np.concatenate([puck[:, :2], np.full((len(puck), 1), 0.02), state["goal.pos"]], axis=1)


def _plate(state: Mapping[str, np.ndarray]) -> np.ndarray:
    goal = state["goal.pos"]
    return np.concatenate([np.tile([0.0, 0.6, 0.0], (len(goal), 1)), goal], axis=1)


RANDOM_VECTOR: Mapping[str, Callable[[Mapping[str, np.ndarray]], np.ndarray]] = {
    "metaworld/drawer-open-v3": _moved(0, 0.36, -0.09),
    "metaworld/drawer-close-v3": _moved(0, 0.16, -0.09),
    "metaworld/window-open-v3": _moved(-0.2, 0, 0),
    "metaworld/window-close-v3": _moved(0, 0, 0),
    "metaworld/button-press-v3": _moved(0, 0.1, 0),
    "metaworld/door-close-v3": _moved(-0.2, 0.2, 0),
    "metaworld/door-unlock-v3": _moved(-0.1, 0.158, -0.061),
    "metaworld/sweep-into-v3": _sweep,
    "metaworld/button-press-topdown-v3": _moved(0, 0, -0.1),
    "metaworld/push-v3": _object_and_goal,
    "metaworld/plate-slide-v3": _plate,
    "metaworld/faucet-open-v3": _moved(-0.175, 0, -0.125),
    "metaworld/handle-press-v3": _moved(0, 0.216, -0.075),
    "metaworld/handle-press-side-v3": _moved(-0.216, 0, -0.075),
    "metaworld/reach-v3": _object_and_goal,
    "metaworld/pick-place-v3": _object_and_goal,
}
"""The package's random vector, from the first state; offsets read in each task's ``reset_model`` and scene file."""

TOLERANCE: Mapping[Actions, float] = {"random": 0.05, "expert": 0.15}
"""Largest difference of any state entry. The twin is built against another MuJoCo, so contacts part by centimetres."""


def begin(task: Task, here: Snapshot) -> tuple[Simulator, Snapshot]:
    """The package's environments, started from the random vectors that the twin's first states imply."""
    package = cast(ReferenceSimulator, task.make_reference(len(here.state)))
    return package, package.reset_to(RANDOM_VECTOR[task.id](task.layout.unpack(here.state.astype(np.float64))))
