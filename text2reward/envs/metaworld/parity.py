"""How EnvPool's episodes are started again in the package, and how far the two may part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import numpy as np

from text2reward.envs.metaworld.reference_simulator import ReferenceSimulator
from text2reward.envs.parity import Actions
from text2reward.envs.simulator import Simulator, Snapshot
from text2reward.envs.task import Task

Vector = Callable[[Mapping[str, np.ndarray]], np.ndarray]


def _at(name: str, *offset: float) -> Vector:
    return lambda state: state[name] + np.array(offset or 0.0)


def _always(*values: float) -> Vector:
    return lambda state: np.tile(values, (len(state["goal.pos"]), 1))


def _moved(*offset: float) -> Vector:
    return _at("goal.pos", *offset)


def _both(first: Vector, second: Vector) -> Vector:
    return lambda state: np.concatenate([first(state), second(state)], axis=1)


def _and_goal(name: str) -> Vector:
    return _both(_at(name), _moved())


def _sweep(state: Mapping[str, np.ndarray]) -> np.ndarray:
    puck = state["puck.pos"]
    return np.concatenate([puck[:, :2], np.full((len(puck), 1), 0.02), state["goal.pos"]], axis=1)


RANDOM_VECTOR: Mapping[str, Vector] = {
    "metaworld/drawer-open-v3": _moved(0, 0.36, -0.09),
    "metaworld/drawer-close-v3": _moved(0, 0.16, -0.09),
    "metaworld/window-open-v3": _moved(-0.2, 0, 0),
    "metaworld/window-close-v3": _moved(),
    "metaworld/button-press-v3": _moved(0, 0.1, 0),
    "metaworld/door-close-v3": _moved(-0.2, 0.2, 0),
    "metaworld/door-unlock-v3": _moved(-0.1, 0.158, -0.061),
    "metaworld/handle-press-v3": _moved(0, 0.216, -0.075),
    "metaworld/handle-press-side-v3": _moved(-0.216, 0, -0.075),
    "metaworld/button-press-topdown-v3": _moved(0, 0, -0.1),
    "metaworld/plate-slide-v3": _both(_always(0, 0.6, 0), _moved()),
    "metaworld/faucet-open-v3": _moved(-0.175, 0, -0.125),
    "metaworld/button-press-wall-v3": _moved(0, 0.1, 0),
    "metaworld/button-press-topdown-wall-v3": _moved(0, 0, -0.1),
    "metaworld/coffee-button-v3": _moved(0, 0.19, -0.3),
    "metaworld/door-open-v3": _moved(0.3, 0.45, 0),
    "metaworld/door-lock-v3": _moved(0, 0.158, 0.039),
    "metaworld/handle-pull-v3": _moved(0, 0.216, -0.172),
    "metaworld/handle-pull-side-v3": _moved(-0.216, 0, -0.172),
    "metaworld/faucet-close-v3": _moved(0.175, 0, -0.125),
    "metaworld/plate-slide-side-v3": _both(_always(0, 0.6, 0), _moved()),
    "metaworld/plate-slide-back-v3": _both(_always(0, 0.85, 0), _moved()),
    "metaworld/plate-slide-back-side-v3": _both(_always(-0.25, 0.6, 0), _moved()),
    "metaworld/sweep-into-v3": _sweep,
    "metaworld/reach-v3": _and_goal("puck.pos"),
    "metaworld/pick-place-v3": _and_goal("puck.pos"),
    "metaworld/push-v3": _and_goal("puck.pos"),
    "metaworld/sweep-v3": _at("puck.pos"),
    "metaworld/reach-wall-v3": _and_goal("puck.pos"),
    "metaworld/push-wall-v3": _and_goal("puck.pos"),
    "metaworld/push-back-v3": _and_goal("puck.pos"),
    "metaworld/pick-place-wall-v3": _and_goal("puck.pos"),
    "metaworld/pick-out-of-hole-v3": _and_goal("puck.pos"),
    "metaworld/bin-picking-v3": _and_goal("puck.pos"),
    "metaworld/hand-insert-v3": _and_goal("block.pos"),
    "metaworld/basketball-v3": _both(_at("ball.pos"), _moved(0, 0.083, -0.25)),
    "metaworld/soccer-v3": _and_goal("ball.pos"),
    "metaworld/coffee-push-v3": _and_goal("mug.pos"),
    "metaworld/coffee-pull-v3": _and_goal("mug.pos"),
    "metaworld/box-close-v3": _and_goal("cover.pos"),
    "metaworld/assembly-v3": _both(_always(0, 0.6, 0.02), _moved()),
    "metaworld/peg-insert-side-v3": _both(_at("peg.pos", -0.03, 0, -0.01), _moved(-0.03, 0, -0.13)),
    "metaworld/peg-unplug-side-v3": _moved(-0.194, 0, -0.131),
    "metaworld/stick-push-v3": _and_goal("stick.pos"),
    "metaworld/stick-pull-v3": _and_goal("stick.pos"),
}
"""The package's random vector, from the first state, for every task that EnvPool has right.

Offsets are read in each task's ``reset_model`` and scene file.
"""

TOLERANCE: Mapping[Actions, float] = {"random": 0.05, "expert": 0.15}
"""Largest difference of any state entry. The twin is built against another MuJoCo, so contacts part by centimetres."""


def begin(task: Task, here: Snapshot) -> tuple[Simulator, Snapshot]:
    """The package's environments, started from the random vectors that the twin's first states imply."""
    package = cast(ReferenceSimulator, task.make_reference(len(here.state)))
    return package, package.reset_to(RANDOM_VECTOR[task.id](task.layout.unpack(here.state.astype(np.float64))))
