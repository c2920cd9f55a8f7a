"""Coders that write nothing: a program a person gives, and the rewards every program is compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from text2reward.agent.brief import Brief, Draft
from text2reward.agent.coder import Coder
from text2reward.envs.field import StateLayout
from text2reward.errors import UserError
from text2reward.record.events import RewardKind
from text2reward.record.finding import Finding
from text2reward.sandbox import DialectName
from text2reward.sandbox.dialects import dialect_named, dialect_of_text
from text2reward.sandbox.static_check import check_source

INIT = "init.py"
"""The copy of the program that a run starts from, in its folder."""


class GivenProgram:
    """One program from a file.

    Args:
        path: where it lies.
        env: the task as it was asked for.
        layout: the task's fields.
        dialect: the style it must be in.

    Raises:
        UserError: the file cannot be read, is in another style, or has an error that reading it shows.
    """

    def __init__(self, path: Path, env: str, layout: StateLayout, dialect: DialectName = "auto") -> None:
        self.name = path.name
        self._text = read_program(path)
        check_dialect(path, self._text, dialect)
        errors = [finding for finding in check_source(self._text, layout) if finding.level == "error"]
        if errors:
            place = f"{path}, line {errors[0].line}" if errors[0].line else str(path)
            more = f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
            end = "" if errors[0].message.endswith("?") and not more else "."
            raise UserError(
                f"{place}: {errors[0].message}{more}{end}", f"All of it: text2reward check {path} --env {env}"
            )

    def draft(self, brief: Brief, count: int) -> Iterator[Draft]:
        """See :meth:`Coder.draft`: the program, once."""
        yield Draft(self._text, note="given", author=self.name)

    def repair(self, brief: Brief, chain: Sequence[tuple[Draft, Sequence[Finding]]], index: int) -> Draft | None:
        """A person's program is not rewritten."""
        return None


class StartingFrom:
    """A person's program in the first round, and a coder that goes on from there.

    Args:
        given: reads the program; asked only where the first round is not on record yet.
        coder: writes all others.
    """

    def __init__(self, given: Callable[[], GivenProgram], coder: Coder) -> None:
        self.name = coder.name
        self._given, self._coder = given, coder

    def draft(self, brief: Brief, count: int) -> Iterator[Draft]:
        """See :meth:`Coder.draft`."""
        return (self._given() if brief.round == 1 else self._coder).draft(brief, count)

    def repair(self, brief: Brief, chain: Sequence[tuple[Draft, Sequence[Finding]]], index: int) -> Draft | None:
        """See :meth:`Coder.repair`."""
        return self._coder.repair(brief, chain, index)


class Baseline:
    """The simulator's own reward, or success alone.

    Args:
        reward: which of them.
    """

    def __init__(self, reward: RewardKind) -> None:
        self.name: str = reward
        self._reward = reward

    def draft(self, brief: Brief, count: int) -> Iterator[Draft]:
        """See :meth:`Coder.draft`: no program, once."""
        yield Draft(None, note=f"baseline: {self.name} reward", reward=self._reward)

    def repair(self, brief: Brief, chain: Sequence[tuple[Draft, Sequence[Finding]]], index: int) -> Draft | None:
        """There is nothing to repair."""
        return None


def check_dialect(path: Path, program: str, asked: DialectName) -> None:
    """Refuse a program that is in another style than was said.

    Raises:
        UserError: it is.
    """
    found = dialect_of_text(program)
    if asked not in ("auto", found.name):
        raise UserError(
            f"{path} is not in {asked}'s style, `{dialect_named(asked).signature}`; it looks like {found.name}.",
            f"Use --dialect {found.name}, or leave --dialect away.",
        )


def read_program(path: Path) -> str:
    """The text of a program file.

    Raises:
        UserError: it cannot be read, or is no text.
    """
    try:
        return path.read_text(encoding="utf-8").replace("\r\n", "\n")
    except OSError as error:
        raise UserError(f"Cannot read {path}: {error.strerror}.", "Name an existing program file.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not text.", "Name a Python file with a reward program.") from error
