"""The objects that Text2Reward's programs read, over one row of a batch at a time.

The names are those of the class hierarchies in the paper's prompts and released rewards (Xie et al., ICLR 2024): a
robot with an end-effector, objects with poses, joints with angles. They are made from a task's fields by rules, so
every task has them. An exported reward carries this file, and those of this package that it imports, with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from text2reward.sandbox.dialects.pose import Pose, turning
from text2reward.sandbox.packed import field_of

STILL_M_S, STILL_RAD_S = 1e-2, 1e-1
"""An object is static below these speeds, as in ManiSkill (``Actor.is_static``)."""

OBSERVATION_SIZE = 39
"""Meta-World's: hand, gripper, two objects with quaternions; the same before the step; the goal."""
PREVIOUS = 18

_BODIES = "robot ant hopper half_cheetah cheetah walker walker2d humanoid".split()
"""What a locomotion task's one body is called."""

_SYNONYMS = {
    "pos": ("position",),
    "quat": ("quaternion", "orientation"),
    "vel": ("velocity", "lin_vel", "linear_velocity"),
    "lin_vel": ("velocity", "vel", "linear_velocity"),
    "ang_vel": ("angular_velocity", "angular_vel"),
    "angular_vel": ("angular_velocity", "ang_vel"),
    "angle": ("qpos",),
    "opening": ("qpos",),
    "target_angle": ("target_qpos",),
    "target_opening": ("target_qpos",),
    "joint_pos": ("qpos",),
    "joint_vel": ("qvel",),
}
_AXES = "xyz"

Leaf = Callable[[], Any]


class Rows:
    """A batch and the row that is looked at.

    Args:
        layout: a task's fields, constants and ``observed`` as plain data, see :meth:`.StateLayout.to_json`.
    """

    def __init__(self, layout: Mapping[str, Any]) -> None:
        self.fields: dict[str, Mapping[str, Any]] = {field["name"]: field for field in layout["fields"]}
        self.constants: dict[str, float] = dict(layout["constants"])
        self.observed: tuple[int, ...] = tuple(layout["observed"])
        self.row = 0
        self._now: dict[str, np.ndarray] = {}
        self._before: dict[str, np.ndarray] = {}

    def show(self, prev: np.ndarray, state: np.ndarray) -> None:
        """Look at another batch of packed states ``(B, D)``."""
        self._before = {name: field_of(prev, field) for name, field in self.fields.items()}
        self._now = {name: field_of(state, field) for name, field in self.fields.items()}

    def read(self, name: str) -> Any:
        """A field's value in the row, a copy."""
        return _plain(self._now[name][self.row])

    def before(self, name: str) -> Any:
        """The same before the step."""
        return _plain(self._before[name][self.row])

    def has(self, name: str) -> bool:
        """Whether there is such a field."""
        return name in self.fields


def _plain(value: Any) -> Any:
    """Arrays are copied, so that a program that writes into them changes nothing; scalars become Python's own."""
    return value.copy() if value.ndim else value.item()


class View:
    """Attributes by name; anything else is an error that says what there is.

    Args:
        path: how a program writes it.
        group: the field group it stands for, if it stands for one.
    """

    __slots__ = ("_group", "_parts", "_path")

    def __init__(self, path: str, group: str = "") -> None:
        object.__setattr__(self, "_path", path)
        object.__setattr__(self, "_group", group)
        object.__setattr__(self, "_parts", {})

    def __getattr__(self, name: str) -> Any:
        try:
            part = self._parts[name]
        except KeyError:
            raise AttributeError(f"{self._path}.{name} does not exist; there is {', '.join(names(self))}") from None
        return part if isinstance(part, View | Method) else part()

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{self._path}.{name} cannot be set: a program keeps no state between calls")


class Method:
    """A function that programs call; told apart from a value that is read.

    Args:
        call: what it does.
    """

    __slots__ = ("_call",)

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Do it."""
        return self._call(*arguments, **keywords)


def parts(view: View) -> dict[str, Any]:
    """A view's attributes by name."""
    return view._parts  # type: ignore[no-any-return]


def names(view: View) -> list[str]:
    """A view's attributes, those with a program's usual names first."""
    return list(parts(view))


def build(rows: Rows) -> View:
    """``self`` as a program has it."""
    root = View("self")
    groups = _groups(rows)
    views = {group: _entity(rows, f"self.{group}", group, leaves) for group, leaves in groups.items()}
    objects = [group for group in groups if group not in ("robot", "goal") and _place_of(groups[group])]
    for name, value in rows.constants.items():
        parts(root)[name] = _constant(value)
    for group, view in views.items():
        _add(root, {_camel(group): view, group: view})
    if "robot" in views:
        _robot(root, views["robot"], rows, groups["robot"])
        for number, group in enumerate(objects, 1):
            _add(root, {f"obj{number}": views[group], **({"obj": views[group]} if number == 1 else {})})
        if "cube" in views:
            _add(root, {"cubeA": views["cube"]})
    elif "torso" in views:
        _body(root, views)
    if rows.has("goal.pos"):
        _goal(root, views["goal"], rows)
    return root


def _groups(rows: Rows) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name in rows.fields:
        group, leaf = name.split(".")
        groups.setdefault(group, []).append(leaf)
    return groups


def _place_of(leaves: list[str]) -> str | None:
    """The leaf that says where something is."""
    places = [leaf for leaf in leaves if leaf == "pos" or leaf.endswith("_pos")]
    return "pos" if "pos" in places else places[0] if places else None


def _add(view: View, more: Mapping[str, Any]) -> None:
    """Add attributes; names that are taken stay what they are."""
    for name, part in more.items():
        parts(view).setdefault(name, part)


def _constant(value: float) -> Leaf:
    return lambda: value


def _leaf(rows: Rows, name: str, part: int | None = None) -> Leaf:
    if part is None:
        return lambda: rows.read(name)
    return lambda: float(rows.read(name)[part])


def _entity(rows: Rows, path: str, group: str, leaves: list[str]) -> View:
    """A thing with a place, an orientation, velocities, or a joint with an angle."""
    view = View(path, group)
    for leaf in leaves:
        read = _leaf(rows, f"{group}.{leaf}")
        _add(view, {leaf: read, **dict.fromkeys(_SYNONYMS.get(leaf, ()), read)})
        if leaf.endswith("_pos"):
            quat = f"{group}.{leaf[:-4]}_quat"
            pose = _pose(rows, f"{path}.{leaf[:-4]}_pose", f"{group}.{leaf}", quat)
            _add(view, {f"{leaf[:-4]}_position": read, f"{leaf[:-4]}_pose": pose})
    if "angle" in leaves and "vel" in leaves:  # a hinge
        speed = _leaf(rows, f"{group}.vel")
        _add(view, {"angular_velocity": speed, "qvel": speed})
        if "velocity" not in leaves:
            del parts(view)["velocity"]
    place = _place_of(leaves)
    if place is not None:
        quat = "quat" if place == "pos" else f"{place[:-4]}_quat"
        _add(view, {"position": _leaf(rows, f"{group}.{place}")})
        _add(view, {"pose": _pose(rows, f"{path}.pose", f"{group}.{place}", f"{group}.{quat}")})
        _velocities(rows, view, f"{group}.{place}", f"{group}.{quat}")
        _by_axis(rows, view, group, leaves)
    return view


def _pose(rows: Rows, path: str, place: str, quat: str) -> View:
    return _PoseView(path, _leaf(rows, place), _leaf(rows, quat) if rows.has(quat) else None)


class _PoseView(View):
    """A pose that can be read part by part, multiplied and inverted."""

    __slots__ = ("_pose",)

    def __init__(self, path: str, place: Leaf, quat: Leaf | None) -> None:
        super().__init__(path)
        object.__setattr__(self, "_pose", lambda: Pose(place(), None if quat is None else quat()))
        _add(self, {"p": place})
        if quat is not None:
            inverse = Method(lambda: self._pose().inv())
            matrix = Method(lambda: self._pose().to_transformation_matrix())
            _add(self, {"q": quat, "inv": inverse, "to_transformation_matrix": matrix})

    def __mul__(self, other: Any) -> Pose:
        return self._pose() * _as_pose(other)  # type: ignore[no-any-return]

    def __rmul__(self, other: Pose) -> Pose:
        return other * self._pose()  # type: ignore[no-any-return]


def _as_pose(value: Any) -> Pose:
    pose: Pose = value._pose() if isinstance(value, _PoseView) else value
    return pose


def _velocities(rows: Rows, view: View, place: str, quat: str) -> None:
    """Velocities that are no fields are what happened over the step."""
    dt = rows.constants.get("dt")
    if dt:
        _add(view, {"velocity": lambda: (rows.read(place) - rows.before(place)) / dt})
        if rows.has(quat):
            _add(view, {"angular_velocity": lambda: turning(rows.before(quat), rows.read(quat), dt)})
    if {"velocity", "angular_velocity"} <= parts(view).keys():
        static = Method(lambda lin_thresh=STILL_M_S, ang_thresh=STILL_RAD_S: _is_static(view, lin_thresh, ang_thresh))
        _add(view, {"check_static": static, "is_static": static})


def _is_static(view: View, lin_thresh: float, ang_thresh: float) -> bool:
    return bool(np.linalg.norm(view.velocity) <= lin_thresh and np.linalg.norm(view.angular_velocity) <= ang_thresh)


def _by_axis(rows: Rows, view: View, group: str, leaves: list[str]) -> None:
    """``position_x`` and the like."""
    for leaf, name in (("pos", "position"), ("lin_vel", "velocity"), ("ang_vel", "angular_velocity")):
        if leaf in leaves:
            _add(view, {f"{name}_{axis}": _leaf(rows, f"{group}.{leaf}", i) for i, axis in enumerate(_AXES)})


def _robot(root: View, robot: View, rows: Rows, leaves: list[str]) -> None:
    """An arm: ``self.robot`` in the paper's words, ``self.agent`` and ``self.tcp`` in ManiSkill's."""
    width, widest = "robot.gripper_width", rows.constants.get("gripper_width_open")
    if rows.has(width) and widest:
        _add(robot, {"gripper_openness": lambda: rows.read(width) / widest})
    if {"joint_pos", "joint_vel"} <= set(leaves):
        _add(
            robot,
            {
                "get_qpos": Method(lambda: _with_fingers(rows, "joint_pos")),
                "get_qvel": Method(lambda: _with_fingers(rows, "joint_vel")),
            },
        )
    held = {leaf.removeprefix("is_grasping_"): leaf for leaf in leaves if leaf.startswith("is_grasping_")}
    if held:
        grasp = Method(lambda obj, max_angle=85: _grasps(rows, held, obj))
        _add(robot, {"check_grasp": grasp, "is_grasping": grasp})
    _add(robot, {"robot": robot})
    _add(root, {"agent": robot})
    if "ee_pos" in leaves:
        tcp = View("self.tcp")
        _add(tcp, {"pose": parts(robot)["ee_pose"]})
        _add(root, {"tcp": tcp})
        _add(robot, {"tcp": tcp})


def _with_fingers(rows: Rows, leaf: str) -> np.ndarray:
    """Joints as ManiSkill's robots tell them: the two fingers, half of the gap each, come last."""
    joints: np.ndarray = rows.read(f"robot.{leaf}")
    if not rows.has("robot.gripper_width"):
        return joints
    finger = rows.read("robot.gripper_width") / 2
    if leaf == "joint_vel":
        dt = rows.constants.get("dt")
        finger = (finger - rows.before("robot.gripper_width") / 2) / dt if dt else 0.0
    return np.append(joints, [finger, finger])


def _grasps(rows: Rows, held: Mapping[str, str], obj: Any) -> bool:
    group = obj._group if isinstance(obj, View) else ""
    if group not in held:
        there = ", ".join(f"self.{name}" for name in held)
        raise AttributeError(f"check_grasp is known for {there} alone")
    return bool(rows.read(f"robot.{held[group]}"))


def _body(root: View, views: Mapping[str, View]) -> None:
    """A walking body: ``self.ant.torso``, with the paper's names for its joints."""
    body = View("self.robot")
    for group, view in views.items():
        _add(body, {group: view})
        if "angle" in parts(view):
            _add(body, {f"{group}_joint": view, f"{group.replace('hip', 'leg')}_joint": view})
    torso = views["torso"]
    _add(body, {"top": torso})
    if "pitch" in parts(torso):
        joint = View("self.robot.top_joint")
        _add(joint, {"angle": parts(torso)["pitch"], "angular_velocity": lambda: float(torso.angular_velocity[1])})
        _add(body, {"top_joint": joint})
    _add(root, dict.fromkeys(_BODIES, body))


def _goal(root: View, goal: View, rows: Rows) -> None:
    here = _leaf(rows, "goal.pos")
    site = View("self.goal_site")
    _add(site, {"pose": parts(goal)["pose"]})
    env = View("self.env")
    _add(env, {"_get_pos_goal": Method(here), "_target_pos": here})
    _add(root, {"goal_position": here, "goal_pos": here, "goal_pose": parts(goal)["pose"], "goal_site": site})
    _add(root, {"env": env, **parts(env)})


def observations(observed: Sequence[int], prev: np.ndarray, state: np.ndarray) -> np.ndarray:
    """Meta-World's ``obs`` of each row, ``(B, 39)``; NaN where it holds what is no field.

    Args:
        observed: where each number of a packed state stands in it.
        prev, state: packed ``(B, D)``, before and after the step.
    """
    obs = np.full((len(state), OBSERVATION_SIZE), np.nan)
    slots = np.array(observed, dtype=np.int64)
    moving = np.flatnonzero(slots < PREVIOUS)
    obs[:, slots] = state[:, : len(slots)]
    obs[:, PREVIOUS + slots[moving]] = prev[:, moving]
    return obs


def observed_fields(rows: Rows) -> dict[int, str]:
    """The field that each slot of ``obs`` is of; slots that hold no field are not there."""
    columns = [name for name, field in rows.fields.items() for _ in range(math.prod(field["shape"]))]
    slots = dict(zip(rows.observed, columns, strict=False))
    return {**slots, **{PREVIOUS + slot: name for slot, name in slots.items() if slot < PREVIOUS}}


def _camel(group: str) -> str:
    first, *others = group.split("_")
    return first + "".join(word.capitalize() for word in others)
