"""What the parameters of Eureka's programs mean, by their names.

A parameter is a field with its dot as an underscore (``handle_pos``), the same before the step
(``prev_handle_pos``), the end of a field's name where only one field ends so (``ee_pos``), ``actions``, or a constant
such as ``dt``. Isaac Gym's names are understood: ``cube_rot`` is ``cube.quat`` in Isaac's order xyzw, ``cube_linvel``
and ``cube_angvel`` are its velocities. Imports nothing, because an exported reward carries this file with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

ACTIONS = ("action", "actions")
HELPERS = "quat_mul quat_conjugate quat_rotate quat_apply quat_rotate_inverse normalize".split()
"""Functions that are at hand without an import."""

REST = "rest"
"""The term that holds what a total is more than its parts."""

_ENDINGS = {
    "rot": ("quat",),
    "linvel": ("lin_vel", "vel"),
    "angvel": ("ang_vel", "angular_vel"),
    "position": ("pos",),
    "velocity": ("vel", "lin_vel"),
    "vel": ("lin_vel",),
    "quaternion": ("quat",),
}


def parameters(fields: Iterable[Mapping[str, Any]], constants: Mapping[str, float]) -> dict[str, str]:
    """The full names that parameters can have, and what they stand for, in words."""
    known = {field["name"].replace(".", "_"): f"state.{field['name']}" for field in fields}
    known |= {f"prev_{name}": path.replace("state.", "prev.", 1) for name, path in known.items()}
    return {**known, "actions": "action", **{name: str(value) for name, value in constants.items()}}


def meaning(
    name: str, fields: Iterable[Mapping[str, Any]], constants: Mapping[str, float]
) -> dict[str, Any] | float | None:
    """What the parameter ``name`` stands for: actions or a field as plain data, or a number; None for nothing.

    Plain data has ``actions`` True, or ``field``, whether it is that ``before`` the step, and whether it is a
    quaternion to be told as ``xyzw``.
    """
    if name in ACTIONS:
        return {"actions": True}
    plain = name.removeprefix("prev_").removesuffix("_buf")
    field = find(plain, fields)
    if field is None:
        return constants.get(name)
    xyzw = (plain == "rot" or plain.endswith("_rot")) and list(field["shape"]) == [4]
    return {"actions": False, "field": field, "before": name.startswith("prev_"), "xyzw": xyzw}


def find(name: str, fields: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The field that a parameter's name means."""
    by_name = {field["name"].replace(".", "_"): field for field in fields}
    for each in _spellings(name):
        if each in by_name:
            return by_name[each]
        ends = [field for field in by_name.values() if field["name"].split(".")[1] == each]
        if len(ends) == 1:
            return ends[0]
    return None


def _spellings(name: str) -> list[str]:
    head, _, ending = name.rpartition("_")
    others = [f"{head}_{other}" if head else other for other in _ENDINGS.get(ending, ())]
    return [name, *others]
