"""A program held ready to say what stored transitions are worth."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from text2reward.envs.field import StateLayout
from text2reward.sandbox.dialects import dialect_of_text
from text2reward.sandbox.reward_process import RewardProcess
from text2reward.sandbox.reward_server import RewardServer

ROWS = 4_096
"""Transitions that a program is handed at once."""


@contextlib.contextmanager
def rewarding(rewards: RewardServer, layout: StateLayout, action_size: int, program: str) -> Iterator[RewardProcess]:
    """A locked process that holds the program, for as long as it is needed.

    Raises:
        RewardFault: it does not load.
    """
    process = rewards.process(layout, action_size, ROWS, dialect=dialect_of_text(program).name)
    try:
        process.load(program)
        yield process
    finally:
        process.close()
