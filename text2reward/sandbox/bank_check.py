"""The dynamic checks: run the program on a bank of transitions and look at what it answers."""

from __future__ import annotations

import numpy as np

from text2reward.envs.field import StateLayout
from text2reward.envs.transitions import Transitions
from text2reward.record.finding import Finding
from text2reward.sandbox.reward_process import Limits, RewardFault, RewardProcess, RewardServer
from text2reward.sandbox.static_check import check_source

BANK_ROWS = 1024
"""Transitions in a bank."""

MAX_REWARD = 1e6
"""Largest magnitude of the summed reward; beyond it float32 training is hopeless."""

LARGE_REWARD = 1e3
SAME_RTOL, SAME_ATOL = 1e-5, 1e-6
"""Vectorised maths differs in the last bit between batch shapes; anything above this is cross-talk between rows."""


def check_program(source: str, layout: StateLayout, server: RewardServer, bank: Transitions) -> list[Finding]:
    """Everything wrong with a program: its text first, then what it does on ``bank`` in a locked process.

    Args:
        source: the program's text.
        layout: the task's fields.
        server: forks the process the program runs in.
        bank: transitions of the task, :data:`BANK_ROWS` of them or so.
    """
    findings = check_source(source, layout)
    if findings:
        return findings
    process = server.process(layout, bank.action.shape[1], len(bank), Limits(load_s=5.0, call_s=5.0))
    try:
        process.load(source)
        return _on_bank(process, bank)
    except RewardFault as fault:
        return [fault.finding]
    finally:
        process.close()


def _on_bank(process: RewardProcess, bank: Transitions) -> list[Finding]:
    terms = process(bank.prev, bank.action, bank.state)
    findings = [*_inputs(process, bank), *_repeatable(process, bank, terms), *_rows(process, bank, terms)]
    return findings or [*_magnitude(terms), *_dead(terms)]


def _inputs(process: RewardProcess, bank: Transitions) -> list[Finding]:
    now = process.inputs(len(bank))
    for name, seen, given in zip(("prev", "action", "state"), now, (bank.prev, bank.action, bank.state), strict=True):
        if not np.array_equal(seen, given):
            return [Finding("inputs-changed", f"the program writes into {name}; use torch.where, or .clone() it first")]
    return []


def _repeatable(process: RewardProcess, bank: Transitions, terms: dict[str, np.ndarray]) -> list[Finding]:
    again = process(bank.prev, bank.action, bank.state)
    for name, values in terms.items():
        if not np.array_equal(values, again[name]):
            row = int(np.flatnonzero(values != again[name])[0])
            return [
                Finding(
                    "not-deterministic",
                    f"term {name} differs between two equal calls (row {row}: {values[row]:.6g}, then "
                    f"{again[name][row]:.6g}); a program has no memory and no randomness",
                )
            ]
    return []


def _rows(process: RewardProcess, bank: Transitions, terms: dict[str, np.ndarray]) -> list[Finding]:
    """Row i may depend on row i alone: try another order, half the rows, and one row."""
    count = len(bank)
    trials = {
        "in another order": np.random.default_rng(0).permutation(count),
        "with half the batch": np.arange(count // 2),
        "alone": np.array([count // 3]),
    }
    for how, index in trials.items():
        part = bank.rows(index)
        answer = process(part.prev, part.action, part.state)
        for name, values in terms.items():
            apart = ~np.isclose(answer[name], values[index], rtol=SAME_RTOL, atol=SAME_ATOL)
            if apart.any():
                at = int(np.flatnonzero(apart)[0])
                return [
                    Finding(
                        "rows-not-independent",
                        f"term {name} of row {index[at]} is {values[index][at]:.6g} in the whole batch and "
                        f"{answer[name][at]:.6g} {how}; reduce with dim=-1 and never over rows",
                    )
                ]
    return []


def _magnitude(terms: dict[str, np.ndarray]) -> list[Finding]:
    total = np.abs(sum(values.astype(np.float64) for values in terms.values()))
    largest = float(np.max(total))
    if largest > LARGE_REWARD:
        worst = max(terms, key=lambda name: float(np.abs(terms[name]).max()))
        return [
            Finding(
                "magnitude",
                f"the reward reaches {largest:.3g}, mostly by term {worst}; keep the sum within a few units a step",
                level="error" if largest > MAX_REWARD else "warning",
            )
        ]
    return []


def _dead(terms: dict[str, np.ndarray]) -> list[Finding]:
    """Terms that random behaviour never moves: no error, for a bonus may well need skill."""
    still = [name for name, values in terms.items() if np.ptp(values) == 0]
    if len(still) == len(terms):
        return [
            Finding(
                "constant-reward",
                "no term changes under random behaviour, so there is nothing to learn from at first; "
                "add a dense term, for example a distance",
                level="warning",
            )
        ]
    return [
        Finding(
            "constant-term",
            f"term {name} never changes under random behaviour (it is always {terms[name][0]:.4g})",
            level="warning",
        )
        for name in still
    ]
