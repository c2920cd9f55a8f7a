"""Running programs in Text2Reward's style over packed states. An exported reward carries this file with it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from text2reward.sandbox.dialects.published import Rows, build, observations
from text2reward.sandbox.dialects.totals import Split, pair
from text2reward.sandbox.program_error import ProgramError

GIVEN = {"np": np, "pow": pow}
"""Names that a program has without importing them."""


def adapt(
    entry: Callable[..., Any], layout: Mapping[str, Any], names: Sequence[str]
) -> Callable[[torch.Tensor, torch.Tensor, torch.Tensor], dict[str, torch.Tensor]]:
    """The entry, asked row by row, as a function of packed states before, actions and packed states after.

    Args:
        entry: the program's function.
        layout: see :mod:`.adapters`.
        names: what the program may call the parts of its answer, see :func:`.part_names`.
    """
    rows = Rows(layout)
    me, split = build(rows), Split()
    sees = entry.__code__.co_argcount == 3

    def program(prev: torch.Tensor, action: torch.Tensor, state: torch.Tensor) -> dict[str, torch.Tensor]:
        before, after = prev.cpu().numpy(), state.cpu().numpy()
        rows.show(before, after)
        given = [action.cpu().numpy().copy()]  # a program that writes into it changes nothing
        if sees:
            given.append(observations(rows.observed, before, after))
        answers = []
        with warnings.catch_warnings(action="ignore"), np.errstate(all="ignore"):
            for row, inputs in enumerate(zip(*given, strict=True)):
                rows.row = row
                answers.append(_number(entry(me, *inputs)))
        total = torch.tensor([value for value, _ in answers], dtype=action.dtype)
        terms = split(total, _columns(answers, names, action.dtype))
        return {name: term.to(action.device) for name, term in terms.items()}

    return program


def _number(answer: Any) -> tuple[float, dict[Any, Any]]:
    """A reward and its parts; most programs name none."""
    value, parts = pair(answer)
    try:
        return float(value), parts
    except (TypeError, ValueError):
        what = f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
        raise ProgramError("term-shape", f"the program must return one number for a row; it returned {what}") from None


def _columns(
    answers: list[tuple[float, dict[Any, Any]]], names: Sequence[str], dtype: torch.dtype
) -> dict[str, torch.Tensor]:
    """The parts that any row names and that are numbers, and zero where a row does not name them.

    A name that stands in the program is there even where no row of the batch has it: a program may name a part only in
    a stage that is reached late.
    """
    named = dict.fromkeys([*names, *(name for _, parts in answers for name in parts)])
    columns = {name: [_plain(parts.get(name, 0.0)) for _, parts in answers] for name in named}
    return {str(name): torch.tensor(values, dtype=dtype) for name, values in columns.items() if None not in values}


def _plain(part: Any) -> float | None:
    try:
        return float(part)
    except (TypeError, ValueError):
        return None
