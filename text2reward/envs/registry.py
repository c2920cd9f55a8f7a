"""Finding a task by its id."""

from __future__ import annotations

import dataclasses
import importlib
import os
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from operator import attrgetter
from pathlib import Path
from types import ModuleType

from text2reward.envs.faults import missing_package, place_of, told
from text2reward.envs.judge_file import JudgeFile
from text2reward.envs.task import Task
from text2reward.errors import UnknownNameError, UserError, nearest

_OWN = (
    "text2reward.envs.metaworld:TASKS",
    "text2reward.envs.mujoco:TASKS",
    "text2reward.envs.fetch:TASKS",
    "text2reward.envs.panda:TASKS",
    "text2reward.envs.maniskill:TASKS",
)
"""One line per simulator that ships with the product."""

ENTRY_POINT_GROUP = "text2reward.envs"


def get_task(name: str, action_repeat: int | None = None, judge: JudgeFile | None = None) -> Task:
    """The task with id ``name``, or the one at ``package.module:attribute``.

    The current folder is searched last for the module.

    Args:
        name: which.
        action_repeat: simulator steps per action; the task's own when None.
        judge: decides whether the task was solved, in place of the task itself.

    Raises:
        UnknownNameError: no task has this id.
        UserError: the module or attribute does not exist, cannot be imported, or is no task; the action repeat does not
            fit the task; the judge does not run.
    """
    task = _found(name)
    if action_repeat is not None:
        task = task.with_action_repeat(action_repeat)
    if judge is not None:
        task = dataclasses.replace(task, judge=judge.load(), success=judge.success, by_person=judge.by_person)
    return task


def get_tasks(name: str) -> list[Task]:
    """As :func:`get_task`; where ``package.module:attribute`` is a collection, all its tasks."""
    return _several(load(name), name) if ":" in name else [get_task(name)]


def _found(name: str) -> Task:
    if ":" in name:
        return _single(load(name), name)
    tasks = all_tasks()
    if name not in tasks:
        module = name.removesuffix(".py")
        if os.path.isfile(f"{module}.py"):
            raise UserError(f"{name!r} is a module, no task.", f"Name the task in it, for example {module}:TASK.")
        see = ["`text2reward envs list` shows all.", *broken_packages()]
        raise UnknownNameError("task", name, tasks, see=" ".join(see))
    return tasks[name]


def all_tasks() -> Mapping[str, Task]:
    """Every known task by id: the product's own first, then what installed packages add."""
    return _known()[0]


def broken_packages() -> tuple[str, ...]:
    """One line for each installed package whose tasks cannot be had: which, and why."""
    return _known()[1]


@cache
def _known() -> tuple[Mapping[str, Task], tuple[str, ...]]:
    tasks: dict[str, Task] = {}
    broken: list[str] = []
    for place in _OWN:
        tasks |= _more(place, tasks)
    for point in entry_points(group=ENTRY_POINT_GROUP):
        try:
            tasks |= _more(point.value, tasks)
        except UserError as error:
            broken.append(f"The tasks of the package {_package(point)} are left out: {error}")
    return tasks, tuple(broken)


def _more(place: str, tasks: Mapping[str, Task]) -> dict[str, Task]:
    found: dict[str, Task] = {}
    for task in _several(load(place), place):
        if task.id in tasks or task.id in found:
            raise UserError(f"Task id {task.id} at {place} is taken.", "Give the task another id.")
        found[task.id] = task
    return found


def _package(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value


def load(place: str) -> object:
    """Import what ``package.module:attribute`` names.

    Raises:
        UserError: it cannot be imported; says which part is missing, or where it fails.
    """
    asked = EntryPoint.pattern.match(place)
    if asked is None or not asked["attr"] or asked["module"].endswith(".py"):
        raise UserError(f"{place!r} names no attribute of a module.", _as_module(place))
    module = _import(asked["module"], place)
    try:
        loaded: object = attrgetter(asked["attr"])(module)
    except AttributeError as error:
        missing = error.name or asked["attr"]
        near = nearest(missing, vars(module))
        raise UserError(
            f"Module {module.__name__!r} has no attribute {missing!r}.",
            f"Did you mean {module.__name__}:{near}?" if near else "Name it as package.module:attribute.",
        ) from error
    return loaded


def _as_module(place: str) -> str:
    """How what was asked for by its file is named as a module."""
    file, _, attribute = place.partition(":")
    parts = Path(os.path.normpath(file.removesuffix(".py"))).parts
    if parts and all(part.isidentifier() for part in (*parts, attribute)):
        return f"Did you mean {'.'.join(parts)}:{attribute}?"
    return "Name it as package.module:attribute."


def search_here() -> None:
    """Have modules looked for in the current folder, too."""
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())  # last: nothing that is installed can be hidden by a file that lies about


def _import(name: str, place: str) -> ModuleType:
    search_here()
    try:
        return importlib.import_module(name)
    except UserError as error:
        raise UserError(f"{place_of(error)}: {error.message}", error.hint) from error
    except ModuleNotFoundError as error:
        if error.name and not f"{name}.".startswith(f"{error.name}."):
            missing = missing_package(error.name)
            raise UserError(f"{place_of(error)}: {missing.message}", missing.hint) from error
        raise UserError(
            f"Cannot import {name!r} for {place!r}: there is no module {error.name!r}.",
            "Is it installed, or does it lie in the current folder?",
        ) from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a person's module raises is for that person to read
        ends = isinstance(error, SystemExit)
        hint = 'Leave out what ends the program, or put it below if __name__ == "__main__".' if ends else ""
        raise UserError(f"Cannot import {name!r} for {place!r}: {told(error)}.", hint) from error


def _single(loaded: object, place: str) -> Task:
    tasks = _several(loaded, place)
    if len(tasks) != 1:
        raise UserError(
            f"{place!r} holds {len(tasks)} tasks.",
            f"Give the one you want a name of its own in the module, for example TASK = {place.partition(':')[2]}[0].",
        )
    return tasks[0]


def _several(loaded: object, place: str) -> list[Task]:
    tasks = [loaded] if isinstance(loaded, Task) else list(loaded) if isinstance(loaded, Iterable) else []
    if not tasks or not all(isinstance(task, Task) for task in tasks):
        raise UserError(f"{place!r} is neither a text2reward Task nor a collection of tasks.")
    return tasks
