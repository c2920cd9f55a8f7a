"""Coders that write nothing: a program a person gives, and the rewards every program is compared with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from text2reward.agent.brief import Brief, Draft
from text2reward.errors import UserError
from text2reward.record.events import RewardKind
from text2reward.record.finding import Finding


class GivenProgram:
    """One program from a file.

    Args:
        path: where it lies.

    Raises:
        UserError: the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._text = read_program(path)

    def draft(self, brief: Brief, count: int) -> Iterator[Draft]:
        """See :meth:`Coder.draft`: the program, once."""
        yield Draft(self._text, note="given")

    def repair(self, brief: Brief, chain: Sequence[tuple[Draft, Sequence[Finding]]], index: int) -> Draft | None:
        """A person's program is not rewritten."""
        return None


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
        raise UserError(
            f"{path} is not text.", "Name a Python file with compute_reward(state, action, prev)."
        ) from error
