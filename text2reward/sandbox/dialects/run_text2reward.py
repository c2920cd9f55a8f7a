"""Running programs in Text2Reward's style over packed states. An exported reward carries this file with it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from text2reward.sandbox.dialects.published import Rows, build, observation
from text2reward.sandbox.dialects.totals import pair, split
from text2reward.sandbox.program_error import ProgramError

GIVEN = {"np": np}
"""Names that a program has without importing them."""


def adapt(
    entry: Callable[..., Any], layout: Mapping[str, Any]
) -> Callable[[torch.Tensor, torch.Tensor, torch.Tensor], dict[str, torch.Tensor]]:
    """The entry, asked row by row, as a function of packed states before, actions and packed states after.

    See :mod:`.adapters`.
    """
    rows = Rows(layout["fields"], layout["constants"])
    me = build(rows)
    sees = entry.__code__.co_argcount == 3

    def program(prev: torch.Tensor, action: torch.Tensor, state: torch.Tensor) -> dict[str, torch.Tensor]:
        rows.show(prev.cpu().numpy(), state.cpu().numpy())
        actions = action.cpu().numpy()
        answers = []
        with warnings.catch_warnings(action="ignore"), np.errstate(all="ignore"):
            for row in range(len(actions)):
                rows.row = row
                more = (observation(rows),) if sees else ()
                answers.append(_number(entry(me, actions[row].copy(), *more)))
        return {name: term.to(action.device) for name, term in _columns(answers, action.dtype).items()}

    return program


def _number(answer: Any) -> tuple[float, dict[str, float]]:
    """A reward and its parts; most programs name none."""
    value, parts = pair(answer)
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
