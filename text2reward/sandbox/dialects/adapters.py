"""Turning a program's entry, of whatever dialect, into a function of packed states; in the locked process only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from text2reward.sandbox.dialects import DIALECTS, run_eureka, run_text2reward
from text2reward.sandbox.dialects.totals import part_names
from text2reward.sandbox.named_state import name_state
from text2reward.sandbox.program import load_program
from text2reward.sandbox.source_scan import parse

Entry = Callable[..., Any]
Layout = Mapping[str, Any]
"""A task's fields and constants as plain data, see :meth:`.StateLayout.to_json`."""

Program = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], Any]
"""Maps packed states before ``(B, D)``, actions ``(B, A)`` and packed states after to named terms, each ``(B,)``."""


@dataclass(frozen=True)
class Adapter:
    """How programs of one dialect are run.

    Args:
        adapt: makes a function of packed states out of the entry, a task's layout, and the names of parts.
        given: names that a program has without importing them.
    """

    adapt: Callable[[Entry, Layout, Sequence[str]], Program]
    given: Mapping[str, Any] = field(default_factory=dict)


def load_adapted(source: str, dialect: str, layout: Layout) -> Program:
    """A program of a dialect as a function of packed states; its top level is run.

    Raises:
        ProgramError: it cannot be loaded, or asks for something that the task does not have.
    """
    adapter = ADAPTERS[dialect]
    entry = load_program(source, DIALECTS[dialect].entry, adapter.given)
    return adapter.adapt(entry, layout, part_names(parse(source, "reward.py")))


def _native(entry: Entry, layout: Layout, names: Sequence[str]) -> Program:
    fields = layout["fields"]

    def program(prev: torch.Tensor, action: torch.Tensor, state: torch.Tensor) -> Any:
        return entry(name_state("state", state, fields), action, name_state("prev", prev, fields))

    return program


ADAPTERS = {
    "native": Adapter(_native),
    "eureka": Adapter(run_eureka.adapt, run_eureka.GIVEN),
    "text2reward": Adapter(run_text2reward.adapt, run_text2reward.GIVEN),
}
