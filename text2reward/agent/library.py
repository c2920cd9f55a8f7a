"""Programs that worked, from the user's own runs: examples for tasks that are like theirs.

The most alike is found by the words of sentence and fields, weighed by how rare they are (TF-IDF, cosine); there is no
model to download.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from text2reward.envs.task import Task
from text2reward.errors import RecordError, UserError
from text2reward.record.reader import Run, list_runs, load

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
    """

    task: str
    instruction: str
    program: str
    k: int
    n: int
    fields: tuple[str, ...] = ()


def examples_in(runs_dir: Path, but: Path | None = None) -> Iterator[Example]:
    """The best program of every finished run that solved its task well enough; runs that cannot be read are skipped.

    Args:
        runs_dir: where runs lie.
        but: a run that is left out.
    """
    for folder in list_runs(runs_dir):
        if folder == but:
            continue
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
    return tuple(f"state.{field.name}: {field.signature}: {field.doc}" for field in fields)


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
    return Example(run.started.task, run.started.instruction, best.program, held_out.success.k, held_out.success.n)


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
    asked = _words(instruction, [field.name for field in task.fields])
    texts = [_words(example.instruction, [line.partition(":")[0] for line in example.fields]) for example in pool]
    rarity = _rarity([asked, *texts])
    ranked = sorted(zip(pool, texts, strict=True), key=lambda each: (-_cosine(asked, each[1], rarity), each[0].task))
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


def _words(sentence: str, names: Sequence[str]) -> Counter[str]:
    return Counter(re.findall(r"[a-z]{2,}", " ".join([sentence, *names]).lower()))


def _rarity(texts: Sequence[Counter[str]]) -> dict[str, float]:
    count = Counter(word for text in texts for word in text)
    return {word: math.log((1 + len(texts)) / (1 + n)) + 1 for word, n in count.items()}


def _cosine(one: Counter[str], other: Counter[str], rarity: dict[str, float]) -> float:
    def size(text: Counter[str]) -> float:
        return math.sqrt(sum((n * rarity[word]) ** 2 for word, n in text.items()))

    shared = sum(one[word] * other[word] * rarity[word] ** 2 for word in one.keys() & other.keys())
    return shared / max(size(one) * size(other), 1e-9)
