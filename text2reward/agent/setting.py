"""What a configuration asks for, looked up: the task with its judge, and the processes that work on it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from text2reward.agent.config import RunConfig, known_settings, make_config, override
from text2reward.envs.judge_file import JudgeFile, read_judge
from text2reward.envs.registry import get_task
from text2reward.errors import RecordError, UnknownNameError
from text2reward.record.events import Resumed
from text2reward.record.reader import Run
from text2reward.training.workers import Workers

JUDGE = "judge.py"
"""The copy of a person's own judge in a run's folder."""


CHANGEABLE = ("max_cost", "max_tokens", "max_steps", "max_hours", "price", "context")
"""Settings that a run can be resumed with."""

_UNKNOWN = '''def happened(states):
    """A person who watches says that it is done."""
    return False
'''


def judge_of(config: RunConfig) -> JudgeFile | None:
    """The judge that decides in place of the task; None where the task does. A person's is told by :mod:`.person`.

    Raises:
        UserError: the file cannot be read.
    """
    if config.judge is None:
        return None
    return JudgeFile(config.judge, _UNKNOWN, by_person=True) if config.by_person else read_judge(Path(config.judge))


def workers_of(config: RunConfig, judge: JudgeFile | None) -> Workers:
    """The processes of a run, not yet started.

    Raises:
        UserError, UnknownNameError: there is no such task, or it cannot be had as asked.
    """
    task = get_task(config.env, config.action_repeat, judge).with_device(config.device)
    return Workers(task, config.env, config.sandbox, judge)


def changed_limits(config: RunConfig, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Those of ``changes`` that are given and that ``config`` does not have yet.

    Raises:
        UserError: one is no limit or price, or out of range.
    """
    for name in changes:
        if name not in CHANGEABLE:
            raise UnknownNameError("limit", name, CHANGEABLE)
    given = {name: value for name, value in changes.items() if value is not None}
    wanted = make_config({**config.to_json(), **given})
    return {name: getattr(wanted, name) for name in given if getattr(wanted, name) != getattr(config, name)}


def recorded(run: Run) -> RunConfig:
    """The configuration of a run, with the limits that it was resumed with last.

    A judge of one's own is the copy that the run keeps.

    Raises:
        UserError: they cannot be read, or this version does not know one of them.
    """
    changed = {name: value for event in run.events(Resumed) for name, value in event.changed.items()}
    settings = {**run.config, **changed}
    try:
        known_settings("setting", settings)
    except UnknownNameError as error:
        hint = "Update text2reward, or restore the folder from a copy."
        raise RecordError(f"{error.message} The run {run.folder} was started with it.", hint) from error
    config = make_config(settings)
    return config if config.judge is None or config.by_person else override(config, judge=str(run.folder / JUDGE))
