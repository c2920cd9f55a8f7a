"""Judging a reward program before it is trained with: its text first, then what it does on a bank of transitions."""

from __future__ import annotations

from text2reward.envs.field import StateLayout
from text2reward.envs.transitions import Transitions
from text2reward.record.finding import Finding
from text2reward.sandbox.dialects import dialect_of_text
from text2reward.sandbox.dynamic_checks import DynamicChecks
from text2reward.sandbox.reward_process import Limits, RewardFault
from text2reward.sandbox.reward_server import RewardServer
from text2reward.sandbox.source_scan import parse
from text2reward.sandbox.static_check import check_source

BANK_ROWS = 1024
"""Transitions in a bank."""


def check_program(source: str, layout: StateLayout, server: RewardServer, bank: Transitions) -> list[Finding]:
    """Everything wrong with a program.

    Args:
        source: the program's text.
        layout: the task's fields.
        server: forks the process the program runs in.
        bank: transitions of the task, :data:`BANK_ROWS` of them or so.
    """
    findings = check_source(source, layout)
    if findings:
        return findings
    dialect = dialect_of_text(source)
    process = server.process(layout, bank.action.shape[1], len(bank), Limits(call_s=5.0), dialect.name)
    try:
        process.load(source)
        found = DynamicChecks(process, bank, layout, source).findings()
        return [*dialect.remarks(parse(source, "reward.py")), *found]
    except RewardFault as fault:
        return [fault.finding]
    finally:
        process.close()
