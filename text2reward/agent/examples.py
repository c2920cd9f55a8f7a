"""Programs that worked, from the user's own runs and from a library: examples for tasks that are like theirs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from text2reward.agent.config import RunConfig
from text2reward.agent.library import VARIABLE, Entry, Library
from text2reward.agent.likeness import likeness, words
from text2reward.envs.field import Field
from text2reward.envs.task import Task
from text2reward.errors import RecordError, UserError
from text2reward.record.reader import Run, list_runs, load
from text2reward.sandbox.dialects import dialect_of_text

EXAMPLES = "examples.json"
"""The file in a run's folder that holds the examples it was started with."""

LEAST_SUCCESS = 0.5
"""Held-out success from which a program is worth showing."""

MAX_PROGRAM = 6_000


@dataclass(frozen=True)
class Example:
    """A program that worked elsewhere.

    Args:
        task: its task's id.
        instruction: its sentence.
        program: its text.
        k, n: held-out episodes that were solved, of how many.
        fields: the task's fields as a model is told them.
        source: where it was found.
    """

    task: str
    instruction: str
    program: str
    k: int
    n: int
    fields: tuple[str, ...] = ()
    source: str = ""


def shared_library(named: str | None, wanted: int, method: str) -> str | None:
    """The library that a run takes examples from: the one it names, else that of ``$TEXT2REWARD_LIBRARY``.

    None where the method shows no examples, or there is none. The current folder does not matter.

    Raises:
        UserError: one is named, and there is none or the method makes no use of it.
    """
    if named is None:
        usual = os.environ.get(VARIABLE)
        return usual if wanted and usual and Path(usual).is_dir() else None
    if not wanted:
        raise UserError(
            f"--library does not go with the method {method}, which shows no examples.",
            "Use --method text2reward-few-shot, or set examples in a method of yours.",
        )
    if not Path(named).is_dir():
        raise UserError(f"There is no library {named}.", "text2reward library add RUN --library makes one.")
    return named


def left_out(config: RunConfig) -> list[str]:
    """What is wrong with entries of the library that a run would have looked at."""
    folder = shared_library(config.library, config.stages.coding.examples, config.method)
    return [f"left out of the examples: {fault}" for fault in Library(Path(folder)).read()[1]] if folder else []


def find_examples(runs_dir: Path, library: str | None, task: Task, instruction: str, count: int) -> list[Example]:
    """At most ``count`` programs of other tasks, the most alike first, from one's own runs and from a library.

    Programs in another system's style are left out: a model would imitate it.
    """
    shared = examples_of(Library(Path(library))) if library else ()
    native = [each for each in (*examples_in(runs_dir), *shared) if dialect_of_text(each.program).name == "native"]
    return nearest_examples(native, task, instruction, count)


def examples_in(runs_dir: Path) -> Iterator[Example]:
    """The best program of every finished run that solved its task well enough; runs that cannot be read are skipped."""
    for folder in list_runs(runs_dir):
        try:
            run = load(folder)
            found = _example(run)
            if found is not None:
                yield replace(found, fields=_fields_of(run))
        except UserError:
            continue


def _fields_of(run: Run) -> tuple[str, ...]:
    """The fields of a run's task as a model is told them; none where its module is gone or broken."""
    from text2reward.envs.registry import get_task

    try:
        fields = get_task(str(run.config.get("env"))).fields
    except Exception:  # a module that another run named may raise anything
        return ()
    return _told(fields)


def _told(fields: Iterable[Field]) -> tuple[str, ...]:
    return tuple(f"state.{field.name}: {field.signature}: {field.doc}" for field in fields)


def examples_of(library: Library) -> Iterator[Example]:
    """The programs of a library that solved their tasks well enough; broken entries are skipped.

    A model is told the fields that they read.
    """
    for entry in library.read()[0]:
        if entry.success.value >= LEAST_SUCCESS and len(entry.program) <= MAX_PROGRAM:
            yield _from_library(entry)


def _from_library(entry: Entry) -> Example:
    card, success = entry.card, entry.success
    fields = _told(card.fields)
    return Example(card.task, card.instruction, entry.program, success.k, success.n, fields, str(entry.folder))


def _example(run: Run) -> Example | None:
    best, held_out = run.best, run.held_out
    if (
        run.finished is None
        or best is None
        or held_out is None
        or best.program is None
        or len(best.program) > MAX_PROGRAM
    ):
        return None
    if held_out.candidate != best.id or held_out.success.value < LEAST_SUCCESS:
        return None
    success, asked = held_out.success, run.started
    return Example(asked.task, asked.instruction, best.program, success.k, success.n, source=str(run.folder))


def nearest_examples(examples: Sequence[Example], task: Task, instruction: str, count: int) -> list[Example]:
    """At most ``count`` examples of other tasks, the most alike first, one for each task: its most successful."""
    others: dict[str, Example] = {}
    for example in examples:
        if _same_task(example.task, task.id):
            continue
        known = others.get(example.task)
        if known is None or example.k * known.n > known.k * example.n:
            others[example.task] = example
    pool = list(others.values())
    asked = words([instruction, *(field.name for field in task.fields)])
    texts = [words([example.instruction, *(line.partition(":")[0] for line in example.fields)]) for example in pool]
    alike = zip(pool, likeness(asked, texts), strict=True)
    ranked = sorted(alike, key=lambda each: (-each[1], each[0].task))
    return [example for example, _ in ranked[:count]]


def write_examples(examples: Sequence[Example]) -> str:
    """The examples as JSON text."""
    return json.dumps([asdict(example) for example in examples], indent=1, ensure_ascii=False)


def read_examples(path: Path) -> list[Example]:
    """What :func:`write_examples` wrote; none where there is no such file."""
    if not path.is_file():
        return []
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return [Example(**{**each, "fields": tuple(each["fields"])}) for each in data]
    except (ValueError, TypeError, KeyError) as error:
        raise RecordError(f"{path} holds no examples: {error}.", "Restore it from a copy, or delete it.") from error


def _same_task(one: str, other: str) -> bool:
    """Whether two ids mean one task, whatever its version."""
    return re.sub(r"-v\d+$", "", one) == re.sub(r"-v\d+$", "", other)
