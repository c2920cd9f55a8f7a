"""Methods as data: what the loop does with a candidate before, during and after training, in one short file each.

The loop reads the stages below and knows no method by name. A file may stand on another (``extends``) and then holds
only what differs. Every setting is a value, or a table ``{value = ..., source = "..."}`` that also says where the value
comes from, or why it departs from the paper.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from math import ceil, log2
from pathlib import Path
from typing import Any, Literal

from text2reward.errors import UnknownNameError, UserError
from text2reward.training.settings import Keep

FOLDER = Path(__file__).parent / "methods"
DEFAULT = "default"

History = Literal["best", "latest", "all", "best-and-worst"]
Reviewer = Literal["rules", "model"]
Analysis = Literal["off", "rules", "model"]
Order = Literal["off", "published", "interval"]
Process = Literal["off", "series", "summary"]
By = Literal["success", "latest", "people"]


@dataclass(frozen=True)
class Search:
    """How much is tried. Flags of ``run`` of the same name win over these.

    Args:
        candidates: reward programs in a round.
        rounds: rounds at most.
        repairs: how often a program that fails its checks goes back to its author.
    """

    candidates: int = 4
    rounds: int = 3
    repairs: int = 2


@dataclass(frozen=True)
class Coding:
    """What the coder is told of earlier rounds.

    Args:
        history: ``best``: the best program and its feedback; ``latest``: the last one's instead; ``all``: one program
            of every round, each with its feedback; ``best-and-worst``: the round's best and worst side by side.
        examples: programs of other tasks that worked in the user's own runs or lie in a library (``--library``), shown
            with the task; the most alike first.
    """

    history: History = "best"
    examples: int = 0


@dataclass(frozen=True)
class Reviewing:
    """Who reads a program against the sentence before anything is spent on it.

    Args:
        by: ``rules`` ask the program about states made for the purpose; ``model`` has the coder's model read it
            as well, where there is one.
        rounds: how often a program goes back to its author for it; 0 reviews nothing.
    """

    by: Reviewer = "rules"
    rounds: int = 0


@dataclass(frozen=True)
class Screening:
    """What is not worth training.

    Args:
        order: whether a program has to rank stored trajectories by the simulator's success. ``published``: at least
            ``threshold`` of the successes above the best failure. ``interval``: the 95% interval of the share of pairs
            in order lies below ``threshold``, then it fails; above, it passes; else there is not enough evidence.
        threshold: for ``order``.
        least: successes and failures that have to be stored, each, for a verdict.
        duplicates: a program is not trained when its reward differs by less than this, from 0 to 1, from that of an
            earlier candidate of the run; 0 trains all.
    """

    order: Order = "off"
    threshold: float = 0.8
    least: int = 5
    duplicates: float = 0.0


@dataclass(frozen=True)
class Training:
    """How a candidate is trained.

    Args:
        keep: the ``last`` policy, the one with the ``peak`` own return, or the ``better`` of both by select episodes.
        patience: from round 2, give up after this many times the best one's steps to the target; 0 never gives up.
        halvings: how often the better half of a round goes on alone, after doubling shares of the steps; 0 trains all
            to the end.
    """

    keep: Keep = "better"
    patience: float = 2.0
    halvings: int = 0

    def heats(self, candidates: int) -> list[tuple[int, float, float]]:
        """How many of a round's programs train, from which share of the steps up to which, one heat after the other.

        Shares are whole tenths, as those of checkpoints are.
        """
        halvings = min(self.halvings, ceil(log2(candidates))) if candidates > 1 else 0
        ends = [0.0, *(ceil(10 * 2.0 ** (heat - halvings)) / 10 for heat in range(halvings + 1))]
        return [(ceil(candidates / 2**heat), ends[heat], ends[heat + 1]) for heat in range(halvings + 1)]


@dataclass(frozen=True)
class Feedback:
    """What the coder is told of a training.

    Args:
        process: ``series``: every quantity at some moments, with its largest, mean and smallest; ``summary``: the
            moments as a table and what they mean in words; ``off``.
        moments: how many.
        trajectories: show the best, the worst and a typical rollout at the moments that matter.
        diagnosis: tell the findings about what the policy learned instead.
        analysis: causes and advice for failed rollouts, named by ``rules``, or by the coder's ``model`` if it has one.
        others: earlier programs of which one line is told.
    """

    process: Process = "summary"
    moments: int = 10
    trajectories: bool = True
    diagnosis: bool = True
    analysis: Analysis = "off"
    others: int = 6


@dataclass(frozen=True)
class Selection:
    """Who wins.

    Args:
        by: ``success`` on the select episodes, the ``latest`` that was trained, or what ``people`` like best where they
            were asked (``--human``), else success. With ``success`` people decide among those it cannot tell apart.
        least_rounds: rounds before a proved target ends the run.
        seeds: trainings of a program at most; a further one is spent where the leader and the next best, both trained
            to the end, cannot be told apart.
    """

    by: By = "success"
    least_rounds: int = 2
    seeds: int = 1


@dataclass(frozen=True)
class Stages:
    """What the loop does besides how much it tries. See the classes of the single stages."""

    coding: Coding = field(default_factory=Coding)
    reviewing: Reviewing = field(default_factory=Reviewing)
    screening: Screening = field(default_factory=Screening)
    training: Training = field(default_factory=Training)
    feedback: Feedback = field(default_factory=Feedback)
    selection: Selection = field(default_factory=Selection)

    def __post_init__(self) -> None:
        for stage in fields(self):
            check_ranges(stage.name, getattr(self, stage.name))
        if self.selection.by == "latest" and (self.training.halvings or self.selection.seeds > 1):
            raise UserError(
                "selection.by is latest, and training.halvings or selection.seeds choose among programs.",
                'Set selection.by = "success", or halvings = 0 and seeds = 1.',
            )


_ANY = float("inf")
_RANGES: Mapping[str, tuple[float, float]] = {
    "search.candidates": (1, 256),
    "search.rounds": (1, 1000),
    "search.repairs": (0, 100),
    "coding.examples": (0, 5),
    "reviewing.rounds": (0, 100),
    "screening.threshold": (0, 1),
    "screening.least": (1, _ANY),
    "screening.duplicates": (0, 1),
    "training.patience": (0, 1e6),
    "training.halvings": (0, 3),
    "feedback.moments": (1, 100),
    "feedback.others": (0, 100),
    "selection.least_rounds": (1, _ANY),
    "selection.seeds": (1, 20),
}


def check_ranges(stage: str, part: Any) -> None:
    """Refuse numbers that make no sense.

    Raises:
        UserError: names the setting and its range.
    """
    for each in fields(part):
        low, high = _RANGES.get(f"{stage}.{each.name}", (-_ANY, _ANY))
        value = getattr(part, each.name)
        if isinstance(value, int | float) and not low <= value <= high:
            wanted = f"at least {low:g}" if high == _ANY else f"from {low:g} to {high:g}"
            raise UserError(f"{stage}.{each.name} is {value}.", f"Use {wanted}.")


@dataclass(frozen=True)
class Method:
    """A method, as its file tells it.

    Args:
        name: what ``--method`` calls it.
        title: in words.
        paper: where it was published; empty for one's own.
        search: how much it tries.
        stages: all its other settings.
        sources: setting -> where its value comes from.
        departs: what is done otherwise than in the paper, and why.
    """

    name: str
    title: str
    paper: str
    search: Search
    stages: Stages
    sources: Mapping[str, str]
    departs: tuple[str, ...]

    def settings(self) -> dict[str, Any]:
        """Every setting as ``stage.name`` and its value."""
        parts = {"search": self.search} | {stage.name: getattr(self.stages, stage.name) for stage in fields(Stages)}
        return {f"{name}.{key}": value for name, part in parts.items() for key, value in asdict(part).items()}


def method_names() -> list[str]:
    """The methods that come with the product."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_method(name: str) -> Method:
    """The method of this name, or that in this file.

    Raises:
        UnknownNameError: there is no such method, or its file has a key that does not exist.
        UserError: the file cannot be read, or a value is impossible.
    """
    path = _path(name, Path())
    settings, sources, about = _collect(path, ())
    parts = {name: _checked(kind, settings.get(name, {}), path, name) for name, kind in PARTS.items()}
    search = parts.pop("search")
    try:
        check_ranges("search", search)
        stages = Stages(**parts)
    except UserError as error:
        raise UserError(f"{path}: {error.message}", error.hint) from error
    return Method(
        name=path.stem if path.parent == FOLDER else name,
        title=str(about.get("title", path.stem)),
        paper=str(about.get("paper", "")),
        search=search,
        stages=stages,
        sources=sources,
        departs=_lines(about.get("departs", []), path),
    )


PARTS: Mapping[str, type] = {
    "search": Search,
    "coding": Coding,
    "reviewing": Reviewing,
    "screening": Screening,
    "training": Training,
    "feedback": Feedback,
    "selection": Selection,
}
"""The tables of a method file."""


def _lines(given: Any, path: Path) -> tuple[str, ...]:
    if not isinstance(given, list):
        raise UserError(f"{path}: departs is no list.", 'For example: departs = ["One sentence.", "Another."].')
    return tuple(str(line) for line in given)


_ABOUT = ("title", "paper", "departs", "extends")


def _path(name: str, beside: Path) -> Path:
    if name in method_names():
        return FOLDER / f"{name}.toml"
    if name.endswith(".toml") or "/" in name:
        path = beside / name
        if not path.is_file():
            raise UserError(f"There is no method file {path}.", f"Known methods: {', '.join(method_names())}.")
        return path
    raise UnknownNameError("method", name, method_names(), see="A file of yours is named by its path, ending in .toml.")


def _collect(path: Path, seen: tuple[Path, ...]) -> tuple[dict[str, dict[str, Any]], dict[str, str], dict[str, Any]]:
    """Settings, their sources, and what is said about the method; those it extends first."""
    if path.resolve() in seen:
        chain = " extends ".join(each.name for each in (*seen, path))
        raise UserError(f"The method file {path} stands on itself: {chain}.", "Remove one `extends`.")
    data = _read(path)
    settings: dict[str, dict[str, Any]] = {}
    sources: dict[str, str] = {}
    if "extends" in data:
        if not isinstance(data["extends"], str):
            raise UserError(f"{path}: extends is no name of a method.", 'For example: extends = "default".')
        settings, sources, _ = _collect(_path(data["extends"], path.parent), (*seen, path.resolve()))
    known = {name: {each.name for each in fields(kind)} for name, kind in PARTS.items()}
    for key, value in data.items():
        if key in _ABOUT:
            continue
        if key not in known:
            raise UnknownNameError(f"key in {path}", key, [*known, *_ABOUT])
        if not isinstance(value, dict):
            raise UserError(f"{path}: {key} is no table.", f"Write [{key}] and the settings below it.")
        for name, given in value.items():
            if name not in known[key]:
                raise UnknownNameError(f"setting {key}.{name[:40]} in {path}:", name, known[key])
            settings.setdefault(key, {})[name], source = _value_and_source(path, f"{key}.{name}", given)
            sources.pop(f"{key}.{name}", None)
            if source:
                sources[f"{key}.{name}"] = source
    return settings, sources, {name: data[name] for name in _ABOUT if name in data}


def _value_and_source(path: Path, name: str, given: Any) -> tuple[Any, str]:
    if not isinstance(given, dict):
        return given, ""
    for key in given:
        if key not in ("value", "source"):
            raise UnknownNameError(f"key of {name} in {path}:", key, ("value", "source"))
    if "value" not in given:
        raise UserError(
            f"{path}: {name} has no value.", f'For example: {name.split(".")[1]} = {{ value = 1, source = "..." }}.'
        )
    return given["value"], str(given.get("source", ""))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"Cannot read {path}: {error.strerror}.", "Name an existing method file.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not TOML: {error}.") from error


def _checked(kind: type, given: Mapping[str, Any], path: Path, stage: str) -> Any:
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(kind).validate_json(json.dumps(given, default=str), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join([stage, *map(str, first["loc"])])
        raise UserError(f"{path}: {name} is wrong: {first['msg'].lower()} (given: {first['input']!r}).") from error
