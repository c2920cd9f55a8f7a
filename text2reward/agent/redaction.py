"""What a run hides: ``--redact`` and keys, applied to what it was given before anything is sent or kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from text2reward.agent.config import RunConfig, override
from text2reward.agent.given import read_program
from text2reward.agent.limits import flag
from text2reward.errors import UserError
from text2reward.record.hiding import Hiding, secrets_of


def hiding_for(config: RunConfig) -> Hiding:
    """What a run of this configuration hides.

    Raises:
        UserError: a pattern is none.
    """
    return Hiding(config.redact, secrets_of())


def hidden(config: RunConfig) -> RunConfig:
    """The configuration with its sentence hidden, and files of patterns by their full names.

    Raises:
        UserError: a pattern is none; a setting holds a key, which whoever pasted it there should know.
    """
    keys = Hiding((), secrets_of())
    if keys(config.instruction) != config.instruction:
        raise UserError("The sentence holds a key of yours.", "Take it out; what is said is kept and sent to a model.")
    for name, value in config.to_json().items():
        said = json.dumps(value, ensure_ascii=False)
        if keys(said) != said:
            raise UserError(f"{flag(name)} holds a key of yours.", "Take it out: the configuration is kept.")
    redact = tuple(f"@{Path(each[1:]).expanduser().resolve()}" if each[:1] == "@" else each for each in config.redact)
    return override(config, instruction=hiding_for(config)(config.instruction), redact=redact)


def hidden_json(text: str, hiding: Hiding) -> str:
    """JSON of which every text is hidden."""

    def within(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: within(each) for name, each in value.items()}
        if isinstance(value, list):
            return [within(each) for each in value]
        return hiding(value) if isinstance(value, str) else value

    return json.dumps(within(json.loads(text)), indent=1, ensure_ascii=False)


def check_own_files(config: RunConfig) -> None:
    """Refuse programs and judges of one's own, which a run keeps as they are, where they hold what is to be hidden.

    Raises:
        UserError: one does; says in which line.
    """
    hiding = hiding_for(config)
    for path in (config.init, config.program, None if config.by_person else config.judge):
        line = None if path is None else hiding.line_of(read_program(Path(path)))
        if line is not None:
            raise UserError(f"{path}, line {line}, holds what is to be hidden.", "Take it out: the run keeps the file.")
