"""How a task is named to a worker process, and an error of one to whoever asked, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from text2reward.envs.judge_file import JudgeFile
from text2reward.envs.registry import get_task
from text2reward.envs.task import Task
from text2reward.errors import DiskFull, RenderError, SimulatorFault, UserError

_ERRORS: Mapping[str, type[UserError]] = {
    "drawing": RenderError,
    "simulator": SimulatorFault,
    "disk": DiskFull,
    "": UserError,  # the last: all others are kinds of it
}


def name_task(asked: str, action_repeat: int, judge: JudgeFile | None) -> dict[str, Any]:
    """What a worker needs to look the task up again."""
    return {"task": asked, "action_repeat": action_repeat, "judge": judge and [judge.path, judge.source]}


def named_task(request: Mapping[str, Any]) -> Task:
    """The task that :func:`name_task` named."""
    judge = request["judge"] and JudgeFile(*request["judge"])
    return get_task(request["task"], request["action_repeat"], judge)


def as_message(error: UserError) -> dict[str, Any]:
    """What a worker sends in place of a result; ``of`` says which kind of error it is."""
    of = next(word for word, kind in _ERRORS.items() if isinstance(error, kind))
    return {"error": [error.message, error.hint], "of": of}


def error_in(message: Mapping[str, Any]) -> UserError:
    """The error that :func:`as_message` made a message of."""
    return _ERRORS[message["of"]](*message["error"])
