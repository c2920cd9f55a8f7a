"""What an export needs of each world: the files that make its environment and read its fields, and their packages."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from text2reward.envs.fetch.tasks import FetchTask
from text2reward.envs.gym.task import GymWorld
from text2reward.envs.maniskill.task import ManiSkillTask
from text2reward.envs.metaworld.tasks import MetaWorldTask
from text2reward.envs.mujoco import behaviours
from text2reward.envs.mujoco.robots import Robot
from text2reward.envs.task import Task
from text2reward.exporting.assemble import CARRIED, alone, source
from text2reward.exporting.own_module import NotAlone, carry

OWN_JUDGE = "judge.py"
_COMMON = (f"{CARRIED}.control_step", f"{CARRIED}.judge_of")


@dataclass(frozen=True)
class CarriedWorld:
    """A task's world, as an export holds it.

    Args:
        files: path in the export -> text, ``world.py`` among them.
        data: what those read from task.json.
        packages: distributions that they need besides Stable-Baselines3, Gymnasium, torch and NumPy.
        why: why the environment is not carried along; empty where it is.
        declared: whether it is a person's own, whose actions the task has scaled to -1 to 1.
        judge: what decides from whole episodes, as :mod:`.carried.judge_of` reads it; None where the environment does.
    """

    files: Mapping[str, str]
    data: Mapping[str, Any]
    packages: tuple[str, ...] = ()
    why: str = ""
    declared: bool = False
    judge: Mapping[str, Any] | None = None


def carried_world(task: Task, asked: str, own_judge: str | None) -> CarriedWorld:
    """The world of a task.

    Args:
        task: which one.
        asked: how the run named it.
        own_judge: the text of a judge of one's own that decides in its place.
    """
    build = _BUILD.get(type(task.world))
    try:
        if build is None:
            raise NotAlone(_why_not(task))
        world = build(task, asked)
        return _with_judge(world, task, own_judge)
    except NotAlone as error:
        files = {"world.py": alone(source(f"{CARRIED}.world_unknown"))}
        return CarriedWorld(files, {"why": str(error)}, why=str(error))


def _why_not(task: Task) -> str:
    return (
        f"The environment of {task.id} is stepped by text2reward, which is not carried along. Where that is installed, "
        f"this judges the policy: text2reward eval policy --env {task.id}"
    )


def _with_judge(world: CarriedWorld, task: Task, own_judge: str | None) -> CarriedWorld:
    if task.by_person:
        return world
    if own_judge is not None:
        judge = {"module": "judge", "name": "happened", "arguments": None}
        return dataclasses.replace(world, files={**world.files, OWN_JUDGE: own_judge}, judge=judge)
    if task.judge is None:
        return world
    kind = type(task.judge)
    if kind.__module__ != behaviours.__name__ or not dataclasses.is_dataclass(task.judge):
        raise NotAlone(f"What decides whether {task.id} is solved is not carried along: it is no judge file.")
    judge = {"module": "behaviours", "name": kind.__name__, "arguments": dataclasses.asdict(task.judge)}
    files = {**world.files, "behaviours.py": alone(source(behaviours.__name__))}
    return dataclasses.replace(world, files=files, judge=judge)


def _metaworld(task: Task, asked: str) -> CarriedWorld:
    spec = task.world
    assert isinstance(spec, MetaWorldTask)
    data = {"name": spec.name, "columns": list(spec.columns)}
    return CarriedWorld(_files("world_metaworld"), data, ("gymnasium[mujoco]", "metaworld", "mujoco"))


def _mujoco(task: Task, asked: str) -> CarriedWorld:
    robot = task.world
    assert isinstance(robot, Robot)
    names = ("id", "assets", "planar", "falls", "observed_speed", "sizes", "root", "unobserved")
    data = {name: getattr(robot, name) for name in names}
    data["joints"] = [joint.name for joint in robot.joints]
    data["feet"] = [{"geom": foot.geom, "end": foot.end} for foot in robot.feet]
    files = _files("world_mujoco", "text2reward.envs.mujoco.pose")
    return CarriedWorld(files, {"robot": data}, ("gymnasium[mujoco]", "mujoco"))


def _fetch(task: Task, asked: str) -> CarriedWorld:
    from text2reward.envs.fetch.reference import CLASSES

    spec = task.world
    assert isinstance(spec, FetchTask)
    made = CLASSES[spec.name]
    data = {"module": made.__module__, "class": made.__name__, "thing": bool(spec.thing), "grips": spec.grips}
    files = _files("world_fetch", "text2reward.envs.fetch.slots", "text2reward.envs.rotation")
    return CarriedWorld(files, data, ("gymnasium[mujoco]", "gymnasium-robotics", "mujoco", "scipy"))


def _maniskill(task: Task, asked: str) -> CarriedWorld:
    modules = "field maniskill.blocks maniskill.instance maniskill.jointed maniskill.lift_cube maniskill.package"
    modules += " maniskill.places maniskill.poses maniskill.tabletop maniskill.unseen"
    names = [f"text2reward.envs.{name}" for name in modules.split()]
    files = _files("world_maniskill", f"{CARRIED}.task", *names, "text2reward.errors")
    return CarriedWorld(files, {"name": task.id.split("/")[1]}, ("mani-skill",))


def _own(task: Task, asked: str) -> CarriedWorld:
    module, _, attribute = asked.partition(":")
    found = carry(module, task.id)
    gym = ("text2reward.envs.gym.observation", "text2reward.envs.gym.scaling", "text2reward.envs.gym.sources")
    files = _files("world_own", f"{CARRIED}.own_task", *gym, "text2reward.errors")
    inside = {f"task/{name}": text for name, text in found.files.items()}
    packages = ("gymnasium[mujoco]", "mujoco", *found.packages)
    return CarriedWorld({**files, **inside}, {"module": module, "attribute": attribute}, packages, declared=True)


def _files(world: str, *modules: str) -> dict[str, str]:
    files = {"world.py": alone(source(f"{CARRIED}.{world}"))}
    for module in (*_COMMON, *modules):
        files[f"{Path(*module.split('.')).name}.py"] = alone(source(module))
    return files


_BUILD: Mapping[type, Callable[[Task, str], CarriedWorld]] = {
    MetaWorldTask: _metaworld,
    Robot: _mujoco,
    FetchTask: _fetch,
    ManiSkillTask: _maniskill,
    GymWorld: _own,
}
