"""Starting and resuming runs: the one way in for the command line and for Python."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from text2reward.agent.budget import Budget, check_budget
from text2reward.agent.chat_model import shown
from text2reward.agent.command_line import command_line
from text2reward.agent.config import RunConfig, override
from text2reward.agent.examples import EXAMPLES, Example, find_examples, read_examples, shared_library, write_examples
from text2reward.agent.given import INIT, read_program
from text2reward.agent.hyperparameters import check_for
from text2reward.agent.journal import Journal
from text2reward.agent.lineage import Lineage
from text2reward.agent.loop import Loop
from text2reward.agent.method import method_names
from text2reward.agent.models import (
    asks,
    check_model,
    exchanges_that_see,
    facts_for,
    make_coder,
    make_exchanges,
)
from text2reward.agent.notices import Doing, Planned, Watcher, both
from text2reward.agent.person import Person
from text2reward.agent.plan import Plan, make_plan
from text2reward.agent.pricing import facts_of_the_one_that_sees, with_price
from text2reward.agent.readers import Readers
from text2reward.agent.redaction import check_own_files, hidden, hidden_json, hiding_for
from text2reward.agent.replay_source import Source, source_of, with_full_name
from text2reward.agent.seeing.onlooker import Onlooker
from text2reward.agent.setting import JUDGE, changed_limits, judge_of, recorded, workers_of
from text2reward.agent.store import Store
from text2reward.agent.system import cpus, environment, package_version
from text2reward.agent.trainings import least_steps
from text2reward.agent.wandb_stream import check_wandb, open_stream
from text2reward.envs.task import Task
from text2reward.errors import MachineFault, RecordError, RunIsBusyError, RunStopped, UserError
from text2reward.prompts import Prompts
from text2reward.record.events import Heard, Interrupted, Resumed, RunStarted
from text2reward.record.feedback import FEEDBACK
from text2reward.record.leftovers import clear_away
from text2reward.record.price import ModelFacts
from text2reward.record.reader import Run, load
from text2reward.record.room import full_disk
from text2reward.record.writer import RecordWriter
from text2reward.training.workers import Workers


class RunInterrupted(Exception):
    """The run was stopped from outside; its record is complete and it can be resumed."""

    def __init__(self, run: Run) -> None:
        super().__init__(f"interrupted: {run.folder}")
        self.run = run


def start(
    config: RunConfig, runs_dir: Path, watch: Watcher = lambda event: None, lineage: Lineage | None = None
) -> Run:
    """Begin a new run and bring it to its end.

    Args:
        config: what is asked.
        runs_dir: where the run's folder is made.
        watch: told of everything that happens.
        lineage: the run that it goes on from, with what a person said.

    Raises:
        UserError: something asked for does not exist or cannot be had; nothing was spent or written.
        RunStopped, RunInterrupted: the run stopped on the way and can be resumed.
    """
    if lineage is not None and config.rounds < 2:
        raise UserError("The first round is the program that is given; nothing would improve on it.", "Use --rounds 2.")
    config = hidden(with_full_name(config, runs_dir))
    source, hiding = source_of(config), hiding_for(config)
    lineage = replace(lineage, words=hiding(lineage.words)) if lineage is not None else None
    heard = source.heard.get(0) if lineage is None else lineage.heard()
    heard = hiding.words(heard)
    judge = judge_of(config)
    workers = workers_of(config, judge)
    task = workers.task
    config, examples, made = _prepared(config, runs_dir, task, source, heard)
    workers.start()
    lock = workers.rewards.lock()  # nothing is spent where nothing can hold reward programs
    if judge is not None and not judge.by_person:
        workers.try_judge()
    if made.asks_a_model:
        watch(Planned(made))
    writer = RecordWriter.create(runs_dir, task.id.split("/")[-1], config.to_json(), environment(lock.line, hiding))
    facts = made.facts, made.vision_facts
    with writer.beginning(new=True):
        if judge is not None and not judge.by_person:
            writer.write(JUDGE, judge.source)
            # What it says later names the copy, which is what counts from now on.
            workers = workers_of(config, replace(judge, path=str(writer.folder / JUDGE)))
        if config.init is not None:
            writer.write(INIT, read_program(Path(config.init)))
        if source.examples is not None:
            writer.write(EXAMPLES, hidden_json(source.examples, hiding))
        elif config.stages.coding.examples:
            writer.write(EXAMPLES, hidden_json(write_examples(examples), hiding))
        command = command_line(config) if lineage is None else lineage.command(config)
        origin = source.parent if lineage is None else (lineage.name, lineage.candidate)
        name = writer.folder.name
        if source.said:
            lines = (replace(each, said=hiding.words(each.said)).to_line() for each in source.said)
            writer.write(FEEDBACK, "".join(f"{line}\n" for line in lines))
        if heard is not None:
            writer.append(heard)
        # With this the run can be resumed: what it begins with is there.
        writer.append(RunStarted(name, task.id, config.instruction, config.model, command, *origin, *facts))
    return _go(config, workers, writer, watch, *facts)


def plan(config: RunConfig, runs_dir: Path) -> Plan:
    """What :func:`start` would do. Nothing is spent, started or written.

    Args:
        config: what is asked.
        runs_dir: where earlier runs lie, in which examples and speeds are looked up.

    Raises:
        UserError: as :func:`start`, but for what only starting shows.
    """
    config = hidden(with_full_name(config, runs_dir))
    source = source_of(config)
    heard = hiding_for(config).words(source.heard.get(0))
    return _prepared(config, runs_dir, workers_of(config, judge_of(config)).task, source, heard)[2]


def _prepared(
    config: RunConfig, runs_dir: Path, task: Task, source: Source, heard: Heard | None
) -> tuple[RunConfig, list[Example], Plan]:
    """The configuration with whole paths, the examples and the plan, after everything that can be checked was."""
    replace(task, instruction=config.instruction).check_written()
    check_model(config, task)
    facts, vision_facts = facts_for(config), facts_of_the_one_that_sees(config)
    if facts is not None and source.facts is not None:
        facts = with_price(source.facts, config)  # a replay ends where its run did
    vision_facts = vision_facts and (source.vision_facts or vision_facts)
    check_budget(config, facts, vision_facts)
    check_wandb(config)
    check_for(config.algo, config.sac, config.steps, task.action_repeat)
    least = least_steps(config, task)
    if config.max_steps is not None and config.max_steps < least:
        raise UserError(f"--max-steps {config.max_steps} is not enough for a training of {least:,}.", "Allow more.")
    Prompts(Path(config.prompts) if config.prompts else None)
    method = config.method if config.method in method_names() else _absolute(config.method)
    wanted = config.stages.coding.examples
    config = override(config, library=shared_library(config.library, wanted, config.method))
    files = {name: _absolute(getattr(config, name)) for name in ("prompts", "program", "init", "library")}
    own_judge = config.judge if config.by_person else _absolute(config.judge)
    config = override(config, **files, judge=own_judge, method=method)
    check_own_files(config)
    if config.replayed is not None and source.examples is not None:
        examples = read_examples(Path(config.replayed) / EXAMPLES)
    else:
        examples = find_examples(runs_dir, config.library, task, config.instruction, wanted) if wanted else []
    made = make_plan(config, task, examples, runs_dir, heard, facts, vision_facts)
    return config, examples, made


def resume(
    folder: Path,
    watch: Watcher = lambda event: None,
    jobs: int | None = None,
    changes: Mapping[str, Any] = MappingProxyType({}),
    ask: bool = False,
) -> Run:
    """Go on with a run from its last finished unit; a finished run is returned as it is.

    A run that a budget ended goes on where a limit is changed.

    Args:
        folder: the run's.
        watch: told of everything that happens.
        jobs: trainings side by side; as the run was started unless given.
        changes: other limits, and a price, by their names in :class:`.RunConfig`; kept for later. None changes nothing.
        ask: for a run that replays another: have the model answer what that one does not.

    Raises:
        UserError: the run's record or configuration cannot be read, or a change is none that can be made.
        RunIsBusyError: another process works on the run.
        RunStopped, RunInterrupted: the run stopped again.
    """
    run = load(folder)
    over = run.finished is not None and run.finished.reason != "budget"
    if over and not ask and all(change is None for change in changes.values()):
        return run
    known = recorded(run)
    if ask and known.replayed is None:
        raise UserError(f"{folder.name} replays no run.", "Leave out --ask.")
    changed = changed_limits(known, changes)
    if over or (run.finished is not None and not changed):
        return run
    started = run.started  # raises for a record without its first line
    config = override(known, **changed, jobs=jobs, program=_recorded_program(run), init=_recorded_init(run))
    if ask:
        config = replace(config, replay=None, replay_or_ask=config.replayed)
    facts = with_price(started.facts or ModelFacts(), config) if asks(config) else None
    vision_facts = None if config.vision is None else started.vision_facts or ModelFacts()
    check_budget(config, facts, vision_facts)
    workers = workers_of(config, judge_of(config))
    check_model(config, workers.task, begun=bool(run.candidates))
    check_wandb(config)
    workers.start()
    lock = workers.rewards.lock()
    writer = RecordWriter(folder)
    with writer.beginning():
        if len(load(folder).entries) != len(run.entries):
            raise RunIsBusyError(f"Another process went on with {folder} meanwhile.", "Resume it again, or look at it.")
        clear_away(folder)
        writer.append(Resumed(package_version("text2reward") or "unknown", lock.line, changed))
    return _go(config, workers, writer, watch, facts, vision_facts)


def _recorded_program(run: Run) -> str | None:
    """The copy of a program that a person gave; None where nobody did, or before it was copied."""
    given = run.config.get("program") is not None
    paths = [candidate.program_path for candidate in run.candidates.values() if given]
    return str(paths[0]) if paths else None


def _recorded_init(run: Run) -> str | None:
    """The run's copy of the program it starts from; None where it starts from none."""
    return str(run.folder / INIT) if run.config.get("init") is not None else None


def _absolute(path: str | None) -> str | None:
    return None if path is None else str(Path(path).resolve())


def _go(
    config: RunConfig,
    workers: Workers,
    writer: RecordWriter,
    watch: Watcher,
    facts: ModelFacts | None,
    vision_facts: ModelFacts | None,
) -> Run:
    stream = open_stream(config, load(writer.folder), watch)
    watching = watch if stream is None else both(watch, stream)
    journal, task = Journal(writer, watching, hiding_for(config)), workers.task

    def say(text: str) -> None:
        journal.tell(Doing(text))

    try:
        prompts = Prompts(Path(config.prompts) if config.prompts else None)
        budget = Budget(config, journal, facts, vision_facts)
        exchanges = make_exchanges(config, writer.folder, journal.append_once, budget, say)
        heard = source_of(config).heard
        store = Store(workers, journal, config.seed)
        asked = () if config.replay else (config.base_url, config.vision_url)
        for server in filter(None, asked):
            say(f"the model is asked at {shown(server)}")
        coder = make_coder(config, task, exchanges, prompts, store)
        readers = Readers(config.stages, task, workers.rewards, exchanges, prompts)
        terminal = sys.stdin if sys.stdin and sys.stdin.isatty() else None
        person = Person(config, workers, journal, terminal) if config.by_person else None
        jobs = config.jobs or cpus()
        seeing = exchanges_that_see(config, writer.folder, journal.append_once, budget, say)
        for each in (exchanges, seeing):
            if each is not None:
                each.recall()
        onlooker = Onlooker(config, seeing, prompts, workers, journal, jobs) if seeing is not None else None
        return Loop(config, task, coder, readers, store, workers, journal, jobs, budget, person, onlooker, heard).run()
    except KeyboardInterrupt:
        workers.cancel()
        journal.append(Interrupted("stopped by the user"))
        raise RunInterrupted(journal.run) from None
    except (UserError, OSError) as error:
        workers.cancel()
        why = str(error if isinstance(error, UserError) else full_disk(error, writer.folder) or error)
        with contextlib.suppress(RecordError):  # the disk may be what failed
            journal.append(Interrupted(why, by_machine=isinstance(error, MachineFault)))
        raise RunStopped(why, f"Then go on with: text2reward resume {writer.folder}") from error
    finally:
        if stream is not None:
            stream.close()
        writer.close()
