"""Finding a task by its id."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import entry_points

from text2reward.envs.task import Task
from text2reward.errors import UnknownNameError, UserError

_OWN = (
    "text2reward.envs.metaworld:TASKS",
    "text2reward.envs.maniskill:TASKS",
)
"""One line per simulator that ships with the product."""

ENTRY_POINT_GROUP = "text2reward.envs"


def get_task(name: str) -> Task:
    """The task with id ``name``, or the one at ``package.module:attribute``.

    Raises:
        UnknownNameError: no task has this id.
        UserError: the module or attribute does not exist, or is no task.
    """
    if ":" in name:
        return _single(load(name), name)
    tasks = all_tasks()
    if name not in tasks:
        raise UnknownNameError("task", name, tasks, see="`text2reward envs list` shows all.")
    return tasks[name]


@cache
def all_tasks() -> Mapping[str, Task]:
    """Every known task by id: the product's own first, then what installed packages add.

    Raises:
        UserError: two packages claim the same id, or an entry point does not load.
    """
    tasks: dict[str, Task] = {}
    for place in (*_OWN, *_installed()):
        for task in _several(load(place), place):
            if task.id in tasks:
                raise UserError(f"Task id {task.id} is declared twice, the second time by {place}.")
            tasks[task.id] = task
    return tasks


def load(place: str) -> object:
    """Import what ``package.module:attribute`` names.

    Raises:
        UserError: it cannot be imported; says which part is missing.
    """
    module_name, _, attribute = place.partition(":")
    try:
        module = importlib.import_module(module_name)
    except (ImportError, ValueError, TypeError) as error:
        raise UserError(f"Cannot import {module_name!r} for {place!r}: {error}.", "Is it installed here?") from error
    try:
        loaded: object = getattr(module, attribute)
    except AttributeError as error:
        raise UserError(
            f"Module {module_name!r} has no attribute {attribute!r}.", "Name it as package.module:attribute."
        ) from error
    return loaded


def _installed() -> list[str]:
    return [point.value for point in entry_points(group=ENTRY_POINT_GROUP)]


def _single(loaded: object, place: str) -> Task:
    tasks = _several(loaded, place)
    if len(tasks) != 1:
        ids = ", ".join(task.id for task in tasks)
        raise UserError(f"{place!r} holds {len(tasks)} tasks.", f"Name one of them: {ids}.")
    return tasks[0]


def _several(loaded: object, place: str) -> list[Task]:
    tasks = [loaded] if isinstance(loaded, Task) else list(loaded) if isinstance(loaded, Iterable) else []
    if not tasks or not all(isinstance(task, Task) for task in tasks):
        raise UserError(f"{place!r} is neither a text2reward Task nor a collection of tasks.")
    return tasks
