"""The text of a program in another system's style, and named fields of a batch of transitions, to reward terms."""

from __future__ import annotations

import ast
import math
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as functional

from text2reward.exporting.carried.core import FIELDS, Program, Terms
from text2reward.sandbox.dialects.run_eureka import GIVEN, adapt
from text2reward.sandbox.dialects.totals import part_names
from text2reward.sandbox.out_of_place import OutOfPlace

ENTRY = "compute_reward"
CONSTANTS: dict[str, float] = {}
OBSERVED: list[int] = []


def read_program(path: Path) -> Program:
    """The reward in a program's file, over named fields. The file is run with all rights: read it first.

    Raises:
        ValueError: it does not define what is called.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    parts = part_names(tree)
    tree = OutOfPlace().visit(tree)
    names: dict[str, Any] = {"__name__": "reward", "torch": torch, "math": math, "F": functional, **GIVEN}
    exec(compile(ast.fix_missing_locations(tree), str(path), "exec"), names)
    if not callable(names.get(ENTRY)):
        raise ValueError(f"{path} defines no {ENTRY}")
    adapted = adapt(names[ENTRY], {"fields": _fields(), "constants": CONSTANTS, "observed": OBSERVED}, parts)

    def program(state: Terms, action: torch.Tensor, prev: Terms) -> Terms:
        return adapted(_packed(prev), action, _packed(state))

    return program


def _fields() -> list[dict[str, Any]]:
    """The fields as plain data, with where each begins in a packed state."""
    found, start = [], 0
    for name, (shape, dtype) in FIELDS.items():
        found.append({"name": name, "shape": shape, "dtype": dtype, "start": start})
        start += math.prod(shape)
    return found


def _packed(fields: Terms) -> torch.Tensor:
    return torch.cat([fields[name].reshape(len(fields[name]), -1).float() for name in FIELDS], dim=-1)
