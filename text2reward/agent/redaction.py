"""What a run hides: ``--redact`` and keys, applied to what it was given before anything is sent or kept."""

from __future__ import annotations

from pathlib import Path

from text2reward.agent.config import RunConfig, override
from text2reward.agent.given import read_program
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
        UserError: a pattern is none; the sentence holds a key, which whoever pasted it there should know.
    """
    if Hiding((), secrets_of())(config.instruction) != config.instruction:
        raise UserError("The sentence holds a key of yours.", "Take it out; what is said is kept and sent to a model.")
    redact = tuple(f"@{Path(each[1:]).expanduser().resolve()}" if each[:1] == "@" else each for each in config.redact)
    return override(config, instruction=hiding_for(config)(config.instruction), redact=redact)


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
