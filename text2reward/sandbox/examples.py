"""The smallest transitions that show a fault, in words."""

from __future__ import annotations

import ast
from collections.abc import Callable

import numpy as np

from text2reward.envs.field import StateLayout
from text2reward.envs.transitions import Transitions
from text2reward.sandbox import facade
from text2reward.sandbox.dialects import dialect_of
from text2reward.sandbox.source_scan import parse

MAX_FIELDS = 6
MAX_NUMBERS = 8


def smallest(count: int, fails: Callable[[np.ndarray], bool]) -> np.ndarray:
    """The rows of a part of ``count`` rows that still fails, as few as halving finds."""
    rows = np.arange(count)
    while len(rows) > 1:
        halves = rows[: len(rows) // 2], rows[len(rows) // 2 :]
        failing = next((half for half in halves if fails(half)), None)
        if failing is None:
            return rows
        rows = failing
    return rows


def fields_read(source: str, layout: StateLayout) -> list[str]:
    """The fields that a program which parses reads, in the layout's order."""
    tree = parse(source, "reward.py")
    return dialect_of(tree).reads(tree, layout)


class Describer:
    """Writes transitions down as the program sees them: the fields it reads, to four digits.

    Args:
        source: the program's text.
        layout: the task's fields.
    """

    def __init__(self, source: str, layout: StateLayout) -> None:
        tree = parse(source, "reward.py")
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        foreign = dialect_of(tree).name != "native"
        self._layout, self._fields = layout, fields_read(source, layout)
        self._roots = [root for root in facade.ARGUMENTS if root in names or (foreign and root != "prev")]

    def shapes(self, count: int) -> str:
        """The shapes of what the program reads, for a batch of ``count``."""
        by_name = {field.name: field.shape for field in self._layout.fields}
        parts = [f"state.{name} {(count, *by_name[name])}" for name in self._fields[:MAX_FIELDS]]
        return ", ".join([f"B = {count}", *parts])

    def __call__(self, bank: Transitions, row: int) -> str:
        """One transition."""
        packed = {"state": bank.state, "prev": bank.prev}
        parts = []
        for root in self._roots:
            if root == "action":
                parts.append(f"action = {_numbers(bank.action[row])}")
                continue
            values = self._layout.unpack(packed[root][row : row + 1])
            parts += [f"{root}.{name} = {_numbers(values[name][0])}" for name in self._fields]
        cut = "" if len(parts) <= MAX_FIELDS else ", …"
        return ", ".join(parts[:MAX_FIELDS]) + cut


def _numbers(values: np.ndarray) -> str:
    flat = values.ravel()
    if values.dtype == bool:
        words = [str(bool(value)) for value in flat[:MAX_NUMBERS]]
    else:
        words = [f"{value:.4g}" for value in flat[:MAX_NUMBERS]]
    if values.ndim == 0:
        return words[0]
    return f"({', '.join(words)}{', …' if len(flat) > MAX_NUMBERS else ''})"
