"""The reward program's text, and named fields of a batch of transitions, to reward terms."""

from __future__ import annotations

import ast
import difflib
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as functional

from text2reward.sandbox.named_state import Named
from text2reward.sandbox.out_of_place import OutOfPlace

FIELDS: dict[str, tuple[tuple[int, ...], str]] = {}
ACTION_LOW, ACTION_HIGH, ACTION_SIZE = -1.0, 1.0, 1

Terms = dict[str, torch.Tensor]
Program = Callable[[Terms, torch.Tensor, Terms], Terms]
"""From fields after the step, actions ``(B, A)`` and fields before it to terms ``(B,)``."""


def read_program(path: Path) -> Program:
    """The reward in a program's file, over named fields. The file is run with all rights: read it first.

    Raises:
        ValueError: it defines no ``compute_reward``.
    """
    tree = OutOfPlace().visit(ast.parse(path.read_text(encoding="utf-8"), str(path)))
    names: dict[str, Any] = {"__name__": "reward", "torch": torch, "math": math, "F": functional}
    exec(compile(ast.fix_missing_locations(tree), str(path), "exec"), names)
    if not callable(names.get("compute_reward")):
        raise ValueError(f"{path} defines no compute_reward(state, action, prev)")
    entry = names["compute_reward"]

    def program(state: Terms, action: torch.Tensor, prev: Terms) -> Terms:
        return entry(_named("state", state), action, _named("prev", prev))  # type: ignore[no-any-return]

    return program


def as_tensors(values: Mapping[str, Any], device: torch.device | str = "cpu") -> Terms:
    """Every field of :data:`FIELDS` as a tensor ``(B, *shape)``, from values with a row per environment.

    Raises:
        KeyError: a field is missing; says which, and the nearest name there is.
        ValueError: a field has another shape.
    """
    tensors = {}
    for name, (shape, dtype) in FIELDS.items():
        if name not in values:
            near = difflib.get_close_matches(name, list(values), n=1)
            hint = f"did you mean it by {near[0]}?" if near else f"there is {', '.join(values) or 'none'}"
            raise KeyError(f"the field {name} is missing; {hint}")
        value = torch.as_tensor(values[name], device=device)
        try:
            value = value.reshape(len(value), *shape)
        except RuntimeError:
            wanted = ", ".join(["B", *map(str, shape)])
            raise ValueError(f"the field {name} has shape {tuple(value.shape)}, not ({wanted})") from None
        tensors[name] = (value > 0.5 if value.dtype != torch.bool else value) if dtype == "bool" else value.float()
    return tensors


def compute_terms(program: Program, state: Terms, action: Any, prev: Terms) -> Terms:
    """The terms of B transitions, ``(B,)`` each; their sum is the reward.

    Args:
        program: from :func:`read_program`.
        state, prev: from :func:`as_tensors`, after and before the step.
        action: ``(B, A)``; it is clipped to the range that the program was written for.
    """
    first = next(iter(state.values()))
    clipped = torch.as_tensor(action, device=first.device).float().clamp(ACTION_LOW, ACTION_HIGH)
    with torch.no_grad():
        return program(state, clipped, prev)


def _named(path: str, fields: Terms) -> Named:
    groups: dict[str, dict[str, torch.Tensor]] = {}
    for name, value in fields.items():
        group, leaf = name.split(".")
        groups.setdefault(group, {})[leaf] = value
    return Named(path, {group: Named(f"{path}.{group}", leaves) for group, leaves in groups.items()})
