"""The run that is replayed: what is taken from it besides its answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from text2reward.agent.config import RunConfig, override
from text2reward.agent.examples import EXAMPLES
from text2reward.record.events import Heard
from text2reward.record.feedback import Feedback, read
from text2reward.record.price import ModelFacts
from text2reward.record.reader import Run, find_run, load


@dataclass(frozen=True)
class Source:
    """What a replay takes from its run; nothing where there is none.

    Args:
        heard: what people said, by round.
        examples: the text of the examples that were shown.
        parent: the run and the candidate that it went on from.
        facts, vision_facts: of its models, as it kept them.
        said: the lines of ``feedback.jsonl`` that were heard.
    """

    heard: dict[int, Heard] = field(default_factory=dict)
    examples: str | None = None
    parent: tuple[str, str] = ("", "")
    facts: ModelFacts | None = None
    vision_facts: ModelFacts | None = None
    said: tuple[Feedback, ...] = ()


def with_full_name(config: RunConfig, runs_dir: Path) -> RunConfig:
    """The configuration with the folder of the run that is replayed in place of its name.

    Raises:
        RecordError: there is no such run.
    """
    if config.replayed is None:
        return config
    folder = str(find_run(config.replayed, runs_dir).resolve())
    return override(config, **{"replay" if config.replay is not None else "replay_or_ask": folder})


def source_of(config: RunConfig) -> Source:
    """What is taken from the run that is replayed.

    Raises:
        RecordError: it is gone, or its record cannot be read.
    """
    if config.replayed is None:
        return Source()
    run: Run = load(Path(config.replayed))
    path = run.folder / EXAMPLES
    heard = {event.round: event for event in run.events(Heard)}
    lines = {line for event in heard.values() for line in event.lines}
    return Source(
        heard,
        path.read_text(encoding="utf-8") if path.is_file() else None,
        (run.started.parent, run.started.parent_candidate),
        run.started.facts,
        run.started.vision_facts,
        tuple(each for each in read(run.folder) if each.id in lines),
    )
