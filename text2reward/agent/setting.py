"""What a configuration asks for, looked up: the task with its judge, and the processes that work on it."""

from __future__ import annotations

from pathlib import Path

from text2reward.agent.config import RunConfig, make_config, override
from text2reward.envs.judge_file import JudgeFile, read_judge
from text2reward.envs.registry import get_task
from text2reward.record.reader import Run
from text2reward.training.workers import Workers

JUDGE = "judge.py"
"""The copy of a person's own judge in a run's folder."""


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


def recorded(run: Run) -> RunConfig:
    """The configuration that a run was started with; a judge of one's own is the copy that the run keeps."""
    config = make_config(run.config)
    return config if config.judge is None or config.by_person else override(config, judge=str(run.folder / JUDGE))
