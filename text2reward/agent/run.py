"""Starting and resuming runs: the one way in for the command line and for Python."""

from __future__ import annotations

import contextlib
from pathlib import Path

from text2reward.agent.command_line import command_line
from text2reward.agent.config import RunConfig, make_config, override
from text2reward.agent.journal import Journal
from text2reward.agent.library import EXAMPLES, examples_in, nearest_examples, write_examples
from text2reward.agent.loop import Loop
from text2reward.agent.method import method_names
from text2reward.agent.models import check_model, make_coder, make_exchanges
from text2reward.agent.notices import Watcher
from text2reward.agent.readers import Readers
from text2reward.agent.store import Store
from text2reward.agent.system import cpus, environment, package_version
from text2reward.envs.registry import get_task
from text2reward.envs.task import Task
from text2reward.errors import RecordError, RunStopped, UserError
from text2reward.prompts import Prompts
from text2reward.record.events import Interrupted, Resumed, RunStarted
from text2reward.record.reader import Run, load
from text2reward.record.writer import RecordWriter
from text2reward.sandbox.tier import Lock
from text2reward.training.workers import Workers


class RunInterrupted(Exception):
    """The run was stopped from outside; its record is complete and it can be resumed."""

    def __init__(self, run: Run) -> None:
        super().__init__(f"interrupted: {run.folder}")
        self.run = run


def start(config: RunConfig, runs_dir: Path, watch: Watcher = lambda event: None) -> Run:
    """Begin a new run and bring it to its end.

    Args:
        config: what is asked.
        runs_dir: where the run's folder is made.
        watch: told of everything that happens.

    Raises:
        UserError: something asked for does not exist or cannot be had; nothing was spent or written.
        RunStopped, RunInterrupted: the run stopped on the way and can be resumed.
    """
    task = _task(config)
    check_model(config, task)
    Prompts(Path(config.prompts) if config.prompts else None)
    method = config.method if config.method in method_names() else _absolute(config.method)
    config = override(config, prompts=_absolute(config.prompts), program=_absolute(config.program), method=method)
    workers, lock = _workers(config, task)
    writer = RecordWriter.create(runs_dir, task.id.split("/")[-1], config.to_json(), environment(lock.line))
    command = command_line(config)
    wanted = config.stages.coding.examples
    if wanted:
        found = nearest_examples(list(examples_in(runs_dir, but=writer.folder)), task, config.instruction, wanted)
        writer.write(EXAMPLES, write_examples(found))
    writer.append(RunStarted(writer.folder.name, task.id, config.instruction, config.model, command))
    return _go(config, task, workers, writer, watch)


def resume(folder: Path, watch: Watcher = lambda event: None, jobs: int | None = None) -> Run:
    """Go on with a run from its last finished unit; a finished run is returned as it is.

    Args:
        folder: the run's.
        watch: told of everything that happens.
        jobs: trainings side by side; as the run was started unless given.

    Raises:
        UserError: the run's record or configuration cannot be read.
        RunStopped, RunInterrupted: the run stopped again.
    """
    run = load(folder)
    if run.finished is not None:
        return run
    _ = run.started  # raises for a record without its first line
    config = override(make_config(run.config), jobs=jobs, program=_recorded_program(run))
    task = _task(config)
    check_model(config, task)
    workers, lock = _workers(config, task)
    writer = RecordWriter(folder)
    writer.append(Resumed(package_version("text2reward") or "unknown", lock.line))
    return _go(config, task, workers, writer, watch)


def _recorded_program(run: Run) -> str | None:
    """The copy of a program that a person gave; None where nobody did, or before it was copied."""
    given = run.config.get("program") is not None
    paths = [candidate.program_path for candidate in run.candidates.values() if given]
    return str(paths[0]) if paths else None


def _absolute(path: str | None) -> str | None:
    return None if path is None else str(Path(path).resolve())


def _task(config: RunConfig) -> Task:
    task = get_task(config.env).with_device(config.device)
    return task if config.action_repeat is None else task.with_action_repeat(config.action_repeat)


def _workers(config: RunConfig, task: Task) -> tuple[Workers, Lock]:
    """The processes of a run, and what holds its reward programs; nothing is spent where nothing can hold them."""
    workers = Workers(task, config.env, config.sandbox)
    workers.start()
    return workers, workers.rewards.lock()


def _go(config: RunConfig, task: Task, workers: Workers, writer: RecordWriter, watch: Watcher) -> Run:
    journal = Journal(writer, watch)
    try:
        prompts = Prompts(Path(config.prompts) if config.prompts else None)
        exchanges = make_exchanges(config, writer.folder, journal.append_once)
        store = Store(workers, journal, config.seed)
        coder = make_coder(config, task, exchanges, prompts, store)
        readers = Readers(config.stages, task, workers.rewards, exchanges, prompts)
        return Loop(config, task, coder, readers, store, workers, journal, config.jobs or cpus()).run()
    except KeyboardInterrupt:
        workers.cancel()
        journal.append(Interrupted("stopped by the user"))
        raise RunInterrupted(journal.run) from None
    except (UserError, OSError) as error:
        workers.cancel()
        with contextlib.suppress(RecordError):  # the disk may be what failed
            journal.append(Interrupted(str(error)))
        raise RunStopped(str(error), f"Then go on with: text2reward resume {writer.folder}") from error
    finally:
        writer.close()
