"""What a run spent, call by call and training by training: computed from the record, and nowhere else kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from text2reward.record.events import Asked
from text2reward.record.opinion import ABOUT
from text2reward.record.reader import Run
from text2reward.record.unanswered import Unanswered, unanswered
from text2reward.record.words import counted

KINDS = ("review", "analysis")
"""What a call was for, where what it was about ends in one of these words; anything else is a program."""


@dataclass(frozen=True)
class Row:
    """One call of a model, one training, or the sum of several.

    Args:
        candidate: whom it was for, two of them where films were shown; ``total`` for the whole run.
        what: ``program``, ``review``, ``analysis``, ``opinion`` or ``training`` with its seed; empty for a sum.
        tokens_in, tokens_out, tokens_cached: of a call; None where its server did not say, and for a training.
        cost_usd: None where it is unknown; 0 for a training.
        seconds: that it took.
        sim_steps: simulator steps of a training; None for a call.
        left_out: what the call's prompt lacks because the model's window is too small for it.
        unsure: requests that may have been answered and be paid for beside what is told; their cost is unknown.
        unknown: names of the tokens of which a sum lacks some, because nobody knows them.
    """

    candidate: str
    what: str
    tokens_in: int | None
    tokens_out: int | None
    tokens_cached: int | None
    cost_usd: float | None
    seconds: float
    sim_steps: int | None
    left_out: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unsure: int = 0

    def to_json(self) -> dict[str, Any]:
        """The row as plain data; a cost that is not known is the word ``unknown``."""
        data = asdict(self)
        del data["unknown"]
        return {**data, "cost_usd": "unknown" if self.cost_usd is None else round(self.cost_usd, 6)}


def rows(run: Run) -> list[Row]:
    """Every call and every training of a run, candidate by candidate in the order they were drafted."""
    known = list(run.candidates)
    calls = [*map(_call, run.events(Asked)), *map(_unanswered, unanswered(run.folder))]
    trainings = [
        Row(each.id, f"training {t.training.rpartition('/')[2]}", None, None, None, 0.0, t.wall_s, t.sim_steps)
        for each in run.candidates.values()
        for t in each.trainings
    ]
    others = dict.fromkeys(row.candidate for row in calls if row.candidate not in known)
    return [row for name in (*known, *others) for row in (*calls, *trainings) if row.candidate == name]


def by_candidate(found: Iterable[Row]) -> list[Row]:
    """One row for each candidate."""
    groups: dict[str, list[Row]] = {}
    for row in found:
        groups.setdefault(row.candidate, []).append(row)
    return [added_up(name, group) for name, group in groups.items()]


def added_up(name: str, found: Iterable[Row]) -> Row:
    """The sum of some rows. A cost is unknown where one of them is; tokens are those that are known."""
    each = list(found)
    calls = [row for row in each if row.sim_steps is None]
    costs = [row.cost_usd for row in each]
    return Row(
        candidate=name,
        what="",
        tokens_in=sum(row.tokens_in or 0 for row in calls),
        tokens_out=sum(row.tokens_out or 0 for row in calls),
        tokens_cached=sum(row.tokens_cached or 0 for row in calls),
        cost_usd=None if None in costs else sum(cost for cost in costs if cost is not None),
        seconds=round(sum(row.seconds for row in each), 3),
        sim_steps=sum(row.sim_steps or 0 for row in each),
        unknown=tuple(_lacking(calls)),
        unsure=sum(row.unsure for row in each),
    )


def with_sums(found: Sequence[Row]) -> Iterator[Row]:
    """The rows, candidate by candidate, each followed by its sum where it has several."""
    for total in by_candidate(found):
        own = [row for row in found if row.candidate == total.candidate]
        yield from own
        if len(own) > 1:
            yield total


def left_out(found: Iterable[Row]) -> Iterator[str]:
    """What prompts lack because the model's window is too small, a line for each call."""
    for row in found:
        if row.left_out:
            yield f"left out of the {row.what} prompt for {row.candidate}: {', '.join(row.left_out)}"


def notes(found: Iterable[Row]) -> Iterator[str]:
    """What the columns do not tell: what prompts lack, and what may have to be paid for as well."""
    each = list(found)
    yield from left_out(each)
    for row in each:
        if row.unsure:
            requests = counted(row.unsure, "request")
            yield f"{requests} for the {row.what} of {row.candidate} may have been answered and be paid for as well"


HEADS = ("candidate", "what", "tokens in", "cached", "tokens out", "cost", "seconds", "steps")
"""What the columns of :func:`cells` are."""


def cells(row: Row) -> list[str]:
    """A row in words: a question mark is what nobody knows; a sum tells what is known, with one where there is more."""

    def tokens(name: str) -> str:
        value = getattr(row, name)
        if value is None:
            return "" if row.sim_steps is not None else "?"
        return f"{value:,}{'+?' if name in row.unknown else ''}"

    return [
        row.candidate,
        row.what,
        tokens("tokens_in"),
        tokens("tokens_cached"),
        tokens("tokens_out"),
        _money(row),
        f"{row.seconds:,.1f}",
        "" if row.sim_steps is None else f"{row.sim_steps:,}",
    ]


def _money(row: Row) -> str:
    if row.what.startswith("training"):
        return ""
    return "unknown" if row.cost_usd is None else f"${row.cost_usd:.4f}"


def as_json(run: Run) -> dict[str, Any]:
    """The ledger as one object: rows, sums by candidate, and the total."""
    found = rows(run)
    return {
        "rows": [row.to_json() for row in found],
        "candidates": [row.to_json() for row in by_candidate(found)],
        "total": added_up("total", found).to_json(),
    }


def _about(about: str) -> tuple[str, str]:
    """For whom a call was made, and for what."""
    if about.startswith(ABOUT):
        return about.removeprefix(ABOUT).partition(".")[0], "opinion"
    name, _, last = about.rpartition(".")
    return (name, last) if last in KINDS else (about, "program")


def _unanswered(asked: Unanswered) -> Row:
    return Row(*_about(asked.about), None, None, None, None, 0.0, None, unsure=asked.unsure)


def _call(event: Asked) -> Row:
    candidate, what = _about(event.candidate)
    return Row(
        candidate=candidate,
        what=what,
        tokens_in=event.tokens_in,
        tokens_out=event.tokens_out,
        tokens_cached=event.tokens_cached,
        cost_usd=event.cost_usd,
        seconds=event.seconds,
        sim_steps=None,
        left_out=event.left_out,
        unsure=0 if event.replayed else event.unsure,
    )


def _lacking(calls: Iterable[Row]) -> Iterator[str]:
    each = list(calls)
    for name in ("tokens_in", "tokens_out", "tokens_cached"):
        if any(getattr(row, name) is None for row in each):
            yield name
