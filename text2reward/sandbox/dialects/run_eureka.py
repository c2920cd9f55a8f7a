"""Running programs in Eureka's style over packed states. An exported reward carries this file with it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from text2reward.sandbox.dialects.isaac import HELPERS
from text2reward.sandbox.dialects.tensor_names import meaning as meaning_of
from text2reward.sandbox.dialects.totals import Split, pair
from text2reward.sandbox.packed import field_of
from text2reward.sandbox.program_error import ProgramError

GIVEN = HELPERS
"""Names that a program has without importing them."""

_XYZW = [1, 2, 3, 0]


def adapt(
    entry: Callable[..., Any], layout: Mapping[str, Any], names: Sequence[str] = ()
) -> Callable[[torch.Tensor, torch.Tensor, torch.Tensor], dict[str, torch.Tensor]]:
    """The entry as a function of packed states before, actions and packed states after.

    Args:
        entry: the program's function.
        layout: see :mod:`.adapters`.
        names: not needed, because a whole batch is answered at once.

    Raises:
        ProgramError: a parameter stands for nothing.
    """
    meanings: dict[str, Any] = {}
    for name, parameter in inspect.signature(entry).parameters.items():
        meaning = meaning_of(name, layout["fields"], layout["constants"])
        if meaning is not None:
            meanings[name] = meaning
        elif parameter.default is parameter.empty:
            raise ProgramError("unknown-field", f"{name} is no field of the task")

    split = Split()

    def program(prev: torch.Tensor, action: torch.Tensor, state: torch.Tensor) -> dict[str, torch.Tensor]:
        answer = entry(**{name: _value(meaning, prev, action, state) for name, meaning in meanings.items()})
        total, parts = pair(answer)
        if type(total) is not torch.Tensor or total.shape != (len(action),):
            raise ProgramError("term-shape", f"the total must be a tensor (B,) with B = {len(action)}; it {_is(total)}")
        if not total.is_floating_point():
            raise ProgramError("term-dtype", f"the total is {total.dtype}; it must be float32, for example x.float()")
        return split(total, parts)

    return program


def _value(meaning: Any, prev: torch.Tensor, action: torch.Tensor, state: torch.Tensor) -> Any:
    """What a parameter is given: a tensor ``(B, ...)`` or a number."""
    if not isinstance(meaning, dict):
        return meaning
    if meaning["actions"]:
        return action
    value = field_of(prev if meaning["before"] else state, meaning["field"])
    return value[:, _XYZW] if meaning["xyzw"] else value


def _is(total: Any) -> str:
    return f"has shape {tuple(total.shape)}" if isinstance(total, torch.Tensor) else f"is a {type(total).__name__}"
