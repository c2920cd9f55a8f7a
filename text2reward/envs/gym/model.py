"""Recognising joints and bodies of a MuJoCo model in the observations of an environment."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_SLIDE, _HINGE = 2, 3
"""``mjtJoint``; the other joints, ball and free, have no single angle or position."""

_LEAVES = {"rad": "joint_angles", "rad/s": "joint_velocities", "m": "slide_positions", "m/s": "slide_velocities"}


@dataclass(frozen=True)
class Match:
    """Entries of the observation that the model explains.

    Args:
        size: how many entries.
        name, unit, doc: of the field they make.
    """

    size: int
    name: str
    unit: str
    doc: str


@dataclass(frozen=True)
class _Joint:
    name: str
    unit: str
    values: np.ndarray  # (T,)


class Motion:
    """What MuJoCo's model did while observations were seen; empty for an environment without one."""

    def __init__(self) -> None:
        self._told = [0, 0]  # how many joints were matched or passed over: of positions, of velocities
        self._model: Any = None
        self._positions: list[np.ndarray] = []
        self._velocities: list[np.ndarray] = []
        self._places: list[np.ndarray] = []

    def note(self, env: Any) -> None:
        """Remember where everything is now."""
        data: Any = getattr(env, "data", None)
        self._model = getattr(env, "model", None)
        if self._model is not None and all(hasattr(data, name) for name in ("qpos", "qvel", "xpos")):
            self._positions.append(data.qpos.copy())
            self._velocities.append(data.qvel.copy())
            self._places.append(data.xpos.copy())

    def match(self, seen: np.ndarray, at: int) -> Match | None:
        """What the entries of ``seen``, ``(T, N)``, from ``at`` on are."""
        if len(self._places) != len(seen):
            return None
        return self._body(seen, at) or self._joints(seen, at)

    def _body(self, seen: np.ndarray, at: int) -> Match | None:
        places = np.stack(self._places)
        for index in reversed(range(1, places.shape[1])):  # of bodies at one place, the one farthest out
            if at + 3 <= seen.shape[1] and _same(seen[:, at : at + 3], places[:, index]):
                name = self._model.body(index).name
                return Match(3, f"{identifier(name)}.pos", "m", f"where the body {name} is")
        return None

    def _joints(self, seen: np.ndarray, at: int) -> Match | None:
        """Joints follow one another in an observation as in the model, each once."""
        for order in (0, 1):
            joints = self._of(order)
            for first in range(self._told[order], len(joints)):
                run = _run(joints[first:], seen[:, at:])
                if run:
                    self._told[order] = first + len(run)
                    what = _LEAVES[run[0].unit]
                    names = ", ".join(joint.name for joint in run)
                    group = "goal" if all(_of_goal(joint.name) for joint in run) else "robot"
                    return Match(len(run), f"{group}.{what}", run[0].unit, f"{what.replace('_', ' ')} of {names}")
        return None

    def _of(self, order: int) -> list[_Joint]:
        """Positions (order 0) or velocities (1) of the joints that have one of each."""
        model = self._model
        values = np.stack(self._velocities if order else self._positions)
        starts = model.jnt_dofadr if order else model.jnt_qposadr
        units = {_SLIDE: "m", _HINGE: "rad"}
        return [
            _Joint(model.joint(j).name, units[kind] + ("/s" if order else ""), values[:, starts[j]])
            for j, kind in enumerate(model.jnt_type)
            if kind in units
        ]


def actuated_joints(env: Any) -> Sequence[str]:
    """The joint that each actuator moves; empty for an environment without a MuJoCo model."""
    model: Any = getattr(env, "model", None)
    if not hasattr(model, "actuator_trnid"):
        return ()
    return [f"drives the joint {model.joint(joint).name}" for joint in model.actuator_trnid[:, 0] if joint >= 0]


def identifier(text: str) -> str:
    """``text`` as a part of a field's name."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return name if name[:1].isalpha() and not keyword.iskeyword(name) else f"part_{name}"


def _run(joints: list[_Joint], seen: np.ndarray) -> list[_Joint]:
    """As many of the first joints, all of one unit, as the first columns of ``seen`` show."""
    run: list[_Joint] = []
    for joint, column in zip(joints, seen.T, strict=False):
        first = joints[0]
        alike = joint.unit == first.unit and _of_goal(joint.name) == _of_goal(first.name)
        if not alike or not _same(column, joint.values):
            break
        run.append(joint)
    return run


def _of_goal(joint: str) -> bool:
    """Whether a joint only says where a goal is, which some models have instead of a place."""
    return bool({"goal", "target"} & set(identifier(joint).split("_")))


def _same(seen: np.ndarray, values: np.ndarray) -> bool:
    """Whether both are equal but for rounding, measured by how far the values move."""
    return bool(values.any() and np.allclose(seen, values, atol=1e-5 * np.ptp(values)))
