"""What a library knows of a reward program: where it worked, how well, and with what it was measured."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date
from typing import Literal

from text2reward.envs.field import Field, StateLayout
from text2reward.record.events import Success
from text2reward.sandbox.dialects.published import OBSERVATION_SIZE
from text2reward.sandbox.shared_arrays import TERM_NAME
from text2reward.training.statistics import Rate

SCHEMA = 1
"""Version of the card; a reader refuses what is newer."""

MOST_EPISODES = 10_000_000
MAX_TEXT = 4_000
MOST_FIELDS = 200
_ROUNDED = 1e-3
"""How far the interval of a card may be from that of its numbers."""


@dataclass(frozen=True)
class Measured:
    """How often a policy that was trained on the program solved its task.

    Args:
        episodes_of: ``held-out``, which nothing had seen, or ``select``, on which the candidate was chosen.
        judge: ``task``, ``person``, or the name of a judge's file: what said whether an episode was solved.
        solved, episodes: how many were solved at some step, of how many.
        solved_at_end: how many at the last one.
        interval: 95% Wilson interval, for whoever reads the file; it follows from ``solved`` and ``episodes``.
    """

    episodes_of: Literal["held-out", "select"]
    judge: str
    solved: int
    episodes: int
    solved_at_end: int
    interval: tuple[float, float]

    @property
    def success(self) -> Success:
        """The numbers, with the interval worked out from them."""
        return Rate(self.solved, self.episodes).success(self.solved_at_end)


@dataclass(frozen=True)
class Origin:
    """Where a program comes from.

    Args:
        run, candidate: in whose record it lay.
        author: the model that wrote it, ``composer``, or the file a person gave.
        method: what happened around its training.
        seed: of the run.
        sim_steps: simulator steps trained.
        trained: the day the run began, ``2026-11-22``.
    """

    run: str
    candidate: str
    author: str
    method: str
    seed: int
    sim_steps: int
    trained: str


@dataclass(frozen=True)
class Card:
    """All but the program's text.

    Args:
        schema: of this file.
        task: its task's id.
        instruction: its sentence.
        terms: the names of what it pays for.
        fields: those of the task that it reads.
        success: as measured.
        origin: where it comes from.
        versions: of the packages it was trained and judged with.
        constants: of its task, by the names that programs published elsewhere use.
        observed: where each number of the fields stands in the observation of such programs, see :class:`.StateLayout`.
    """

    schema: int
    task: str
    instruction: str
    terms: tuple[str, ...]
    fields: tuple[Field, ...]
    success: Measured
    origin: Origin
    versions: Mapping[str, str]
    constants: Mapping[str, float] = dataclass_field(default_factory=dict)
    observed: tuple[int, ...] = ()

    @property
    def layout(self) -> StateLayout:
        """What the program is handed.

        Raises:
            UserError: two fields share a name.
        """
        return StateLayout(self.fields, self.constants, self.observed)


def problems(card: Card) -> Iterator[tuple[tuple[str, ...], str]]:
    """What cannot be true of a card whose types are right: the place of each, and what is wrong there."""
    seen = card.success
    if not 1 <= seen.episodes <= MOST_EPISODES:
        yield ("success", "episodes"), f"is {seen.episodes}; use 1 to {MOST_EPISODES:,}"
    elif not 0 <= seen.solved <= seen.episodes:
        yield ("success", "solved"), f"is {seen.solved}, of {seen.episodes} episodes"
    elif not 0 <= seen.solved_at_end <= seen.solved:
        yield ("success", "solved_at_end"), f"is {seen.solved_at_end}, of {seen.solved} that were solved at some step"
    else:
        rate = Rate(seen.solved, seen.episodes)
        ends = zip(seen.interval, (rate.low, rate.high), strict=True)
        if not all(abs(told - true) <= _ROUNDED for told, true in ends):
            told = f"[{seen.interval[0]:g}, {seen.interval[1]:g}]"
            yield (
                ("success", "interval"),
                f"is {told}, but {seen.solved} of {seen.episodes} have [{rate.low:.4f}, {rate.high:.4f}]",
            )
    for name in ("seed", "sim_steps"):
        if getattr(card.origin, name) < 0:
            yield ("origin", name), f"is {getattr(card.origin, name)}; use 0 or more"
    try:
        date.fromisoformat(card.origin.trained)
    except ValueError:
        yield ("origin", "trained"), "is no day; write it like 2026-11-22"
    for term in card.terms:
        if not TERM_NAME.fullmatch(term):
            yield ("terms",), "holds something that is no name of a term"
    yield from _wrong_for_other_styles(card)
    if ":" in card.task:  # that would name a module to import
        yield ("task",), "is no task's id"
    for place, text in _texts(card):
        if len(text) > MAX_TEXT or not text.strip() or not text.isprintable():
            yield place, f"is empty, longer than {MAX_TEXT} characters, or holds control characters"


def _wrong_for_other_styles(card: Card) -> Iterator[tuple[tuple[str, ...], str]]:
    groups = {field.name.split(".")[0] for field in card.fields}
    for name, value in card.constants.items():
        if not name.isidentifier() or name in groups or name in ("self", "env", "obj", "agent", "tcp"):
            yield ("constants",), f"holds {name!r}, which no constant can be called"
        elif not math.isfinite(value) or value <= 0:
            yield ("constants", name), f"is {value}; use a number above 0"
    if len(card.fields) > MOST_FIELDS:
        yield ("fields",), f"are {len(card.fields)}; at most {MOST_FIELDS} are read"
    if card.observed and (
        len(card.observed) != sum(field.size for field in card.fields)
        or not all(0 <= slot < OBSERVATION_SIZE for slot in card.observed)
    ):
        yield ("observed",), "does not say where each number of the fields stands"


def _texts(card: Card) -> Iterator[tuple[tuple[str, ...], str]]:
    yield ("task",), card.task
    yield ("instruction",), " ".join(card.instruction.split())
    yield ("success", "judge"), card.success.judge
    for name in ("run", "candidate", "author", "method"):
        yield ("origin", name), getattr(card.origin, name)
    for package, version in card.versions.items():
        yield ("versions",), package
        yield ("versions",), version
    for constant in card.constants:
        yield ("constants",), constant
    for field in card.fields:
        yield ("fields",), f"{field.name} {field.unit} {field.doc}"
