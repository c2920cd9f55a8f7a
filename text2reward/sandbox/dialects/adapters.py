"""Turning a program's entry, of whatever dialect, into a function of packed states; in the locked process only."""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from text2reward.sandbox.dialects import isaac, published, tensor_names
from text2reward.sandbox.dialects.totals import split
from text2reward.sandbox.named_state import name_state
from text2reward.sandbox.program import ProgramError

Entry = Callable[..., Any]
Layout = Mapping[str, Any]
"""A task's fields and constants as plain data, see :meth:`.StateLayout.to_json`."""

Program = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], Any]
"""Maps packed states before ``(B, D)``, actions ``(B, A)`` and packed states after to named terms, each ``(B,)``."""

_XYZW = [1, 2, 3, 0]


@dataclass(frozen=True)
class Adapter:
    """How programs of one dialect are run.

    Args:
        adapt: makes a function of packed states out of the entry.
        given: names that a program has without importing them.
    """

    adapt: Callable[[Entry, Layout], Program]
    given: Mapping[str, Any] = field(default_factory=dict)


def _native(entry: Entry, layout: Layout) -> Program:
    fields = layout["fields"]

    def program(prev: torch.Tensor, action: torch.Tensor, state: torch.Tensor) -> Any:
        return entry(name_state("state", state, fields), action, name_state("prev", prev, fields))

    return program


# -- Eureka's ---------------------------------------------------------------------------------------------------


def _eureka(entry: Entry, layout: Layout) -> Program:
    meanings: dict[str, Any] = {}
    for name, parameter in inspect.signature(entry).parameters.items():
        meaning = tensor_names.meaning(name, layout["fields"], layout["constants"])
        if meaning is not None:
            meanings[name] = meaning
        elif parameter.default is parameter.empty:
            raise ProgramError("unknown-field", f"{name} is no field of the task")

    def program(prev: torch.Tensor, action: torch.Tensor, state: torch.Tensor) -> Any:
        answer = entry(**{name: _value(meaning, prev, action, state) for name, meaning in meanings.items()})
        total, parts = _pair(answer)
        if type(total) is not torch.Tensor or total.shape != (len(action),):
            raise ProgramError("term-shape", f"the total must be a tensor (B,) with B = {len(action)}; it {_is(total)}")
        return split(total, parts)

    return program


def _value(meaning: Any, prev: torch.Tensor, action: torch.Tensor, state: torch.Tensor) -> Any:
    """What a parameter is given: a tensor ``(B, ...)`` or a number."""
    if not isinstance(meaning, dict):
        return meaning
    if meaning["actions"]:
        return action
    packed, told = (prev if meaning["before"] else state), meaning["field"]
    size = math.prod(told["shape"])
    block = packed[:, told["start"] : told["start"] + size].reshape(len(packed), *told["shape"])
    if meaning["xyzw"]:
        return block[:, _XYZW]
    return block > 0.5 if told["dtype"] == "bool" else block


def _pair(answer: Any) -> tuple[Any, dict[Any, Any]]:
    """A total and its parts, where a program names any."""
    total, parts = answer if type(answer) is tuple and len(answer) == 2 else (answer, {})
    return total, parts if type(parts) is dict else {}


def _is(total: Any) -> str:
    return f"has shape {tuple(total.shape)}" if isinstance(total, torch.Tensor) else f"is a {type(total).__name__}"


# -- Text2Reward's ----------------------------------------------------------------------------------------------


def _text2reward(entry: Entry, layout: Layout) -> Program:
    rows = published.Rows(layout["fields"], layout["constants"])
    me = published.build(rows)
    sees = entry.__code__.co_argcount == 3

    def program(prev: torch.Tensor, action: torch.Tensor, state: torch.Tensor) -> Any:
        rows.show(prev.numpy(), state.numpy())
        actions = action.numpy()
        answers = []
        with warnings.catch_warnings(action="ignore"), np.errstate(all="ignore"):
            for row in range(len(actions)):
                rows.row = row
                more = (published.observation(rows),) if sees else ()
                answers.append(_number(entry(me, actions[row].copy(), *more)))
        return _columns(answers, action.dtype)

    return program


def _number(answer: Any) -> tuple[float, dict[str, float]]:
    """A reward and its parts; most programs name none."""
    value, parts = _pair(answer)
    try:
        return float(value), {str(name): float(part) for name, part in parts.items()}
    except (TypeError, ValueError):
        what = f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
        raise ProgramError("term-shape", f"the program must return one number for a row; it returned {what}") from None


def _columns(answers: list[tuple[float, dict[str, float]]], dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """Terms of all rows; a part that a row does not name is zero there."""
    names = dict.fromkeys(name for _, parts in answers for name in parts)
    parts = {name: torch.tensor([each.get(name, 0.0) for _, each in answers], dtype=dtype) for name in names}
    return split(torch.tensor([value for value, _ in answers], dtype=dtype), parts)


ADAPTERS = {
    "native": Adapter(_native),
    "eureka": Adapter(_eureka, isaac.HELPERS),
    "text2reward": Adapter(_text2reward),
}
