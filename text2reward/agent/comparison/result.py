"""What a comparison found, as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from text2reward.record.events import RewardKind, Success
from text2reward.record.finding import Finding

SCHEMA = 1

Matrix = tuple[tuple[float | None, ...], ...]
"""One row and one column for each side, in order; None where nothing can be said."""


@dataclass(frozen=True)
class Apart:
    """How much more often a side succeeds than the first one.

    Args:
        value, low, high: difference of the two shares, with its 95% interval.
        episodes_of: ``held-out`` or ``select``.
        pairs: episodes that both were judged on, where the interval makes use of that; 0 where they are taken as
            independent.
        method: how the interval was worked out, and where that is published.
    """

    value: float
    low: float
    high: float
    episodes_of: str
    pairs: int
    method: str


@dataclass(frozen=True)
class Seen:
    """How well the policy of a side did.

    Args:
        success: with its interval.
        episodes_of: ``held-out`` or ``select``.
        judge: ``task``, ``person``, or the name of a judge's file.
        target: the success rate that counted as solved; None where it is not on record.
        sim_steps: simulator steps trained.
        proved: whether training stopped there because the target was proved.
        apart: how much more often than the first side; None for that one, and where ``unlike`` says why.
        unlike: why there is no difference to tell.
    """

    success: Success
    episodes_of: str
    judge: str
    target: float | None
    sim_steps: int
    proved: bool
    apart: Apart | None = None
    unlike: str = ""


@dataclass(frozen=True)
class Term:
    """What one term pays on the steps that all sides are compared on, and in training.

    Args:
        name: the term's.
        mean, spread: its mean and standard deviation a step.
        share: its mean magnitude, as a share of that of all terms.
        first, last: its mean a step in the first and the last rollout of the training; None without one.
    """

    name: str
    mean: float
    spread: float
    share: float
    first: float | None = None
    last: float | None = None


@dataclass(frozen=True)
class Curve:
    """How a training went: one value a rollout; None where no episode ended in it."""

    sim_steps: tuple[int, ...]
    success: tuple[float | None, ...]
    own_return: tuple[float | None, ...]


@dataclass(frozen=True)
class Side:
    """One of those that are compared.

    Args:
        letter, name: what it is called, and what it is.
        reward: ``program``, or a baseline that has none.
        task: its task's id; None where nothing says.
        author: who wrote it; empty where nobody knows.
        program: its text.
        seen: how well its policy did; None where none was judged.
        terms: what it pays; empty where that cannot be asked.
        ranks: Spearman's correlation of its returns with how well stored episodes went.
        curve: of its training; None without one.
        findings: why it cannot be used.
    """

    letter: str
    name: str
    reward: RewardKind
    task: str | None
    author: str
    program: str | None
    seen: Seen | None = None
    terms: tuple[Term, ...] = ()
    ranks: float | None = None
    curve: Curve | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Diff:
    """The unified difference of two sides' programs; no lines where they are the same."""

    before: str
    after: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Programs or runs side by side.

    Args:
        task: the task of all; None where they are compared as text only.
        sides: what is compared; every difference is to the first.
        steps: on which steps the terms were compared, in words; empty where on none.
        epic: distances of the rewards to each other, from 0 to 1.
        correlation: Spearman's correlations of the returns of stored episodes.
        sentences: what the distances mean.
        diffs: of the first program to each other one.
        notes: what to know when reading all this.
    """

    task: str | None
    sides: tuple[Side, ...]
    steps: str
    epic: Matrix
    correlation: Matrix
    sentences: tuple[str, ...]
    diffs: tuple[Diff, ...]
    notes: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether every program passed its checks."""
        return not any(side.findings for side in self.sides)

    def to_json(self) -> dict[str, Any]:
        """The comparison as plain data."""
        return {"schema": SCHEMA, **asdict(self)}
