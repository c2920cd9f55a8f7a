"""A total and the parts it is said to have, as terms that add up to the total.

Imports nothing but torch and names, because an exported reward carries this file with it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

import torch

from text2reward.sandbox.dialects.tensor_names import REST

TOTAL = "total"
MOST = 31
"""Parts that are told; all others are in the rest."""

ROUNDING = 4 * torch.finfo(torch.float32).eps
"""A rest below this share of the parts is what adding them in another order makes."""


class Split:
    """Terms, each ``(B,)``, whose sum is the total: the parts with one number per row, and the rest.

    A style with a separate total may name parts that do not add up to it, or that are no rows, for example a mean to be
    logged; those are left out, because the total is what its author trains with. The first batch says what the terms
    are, for all others: a part that is not there later is zero.
    """

    def __init__(self) -> None:
        self._names: dict[Any, str] | None = None

    def __call__(self, total: torch.Tensor, parts: Mapping[Any, Any]) -> dict[str, torch.Tensor]:
        """The terms of a batch.

        Args:
            total: ``(B,)``, floating.
            parts: by whatever the program calls them.
        """
        if self._names is None:
            self._names = _named([name for name, part in parts.items() if _rows(part, total)])
        if not self._names:
            return {TOTAL: total}
        terms = {word: _part(parts.get(name), total) for name, word in self._names.items()}
        added = torch.stack([*terms.values()])
        rest = total - added.sum(dim=0)
        noise = ROUNDING * (added.abs().sum(dim=0) + total.abs())
        return {**terms, REST: torch.where(rest.abs() <= noise, torch.zeros_like(rest), rest)}


def _rows(part: Any, total: torch.Tensor) -> bool:
    return isinstance(part, torch.Tensor) and part.shape == total.shape and bool(torch.isfinite(part).all())


def _part(part: Any, total: torch.Tensor) -> torch.Tensor:
    return part.to(total.dtype) if _rows(part, total) else torch.zeros_like(total)


def _named(found: list[Any]) -> dict[Any, str]:
    """Names that terms may have, each once."""
    words: dict[Any, str] = {}
    for name in found[:MOST]:
        word = _word(name)
        if word not in words.values():
            words[name] = word
    return words


def _word(name: Any) -> str:
    word = re.sub(r"\W+", "_", str(name), flags=re.ASCII).strip("_")[:40] or "part"
    word = word if word[0].isalpha() else f"part_{word}"[:40]
    return f"{word[:34]}_part" if word in (TOTAL, REST) else word


def part_names(tree: ast.Module) -> list[str]:
    """What a parsed program calls the parts of its answer: keys of the dict that it returns beside the total."""
    returned = [node.value for node in ast.walk(tree) if isinstance(node, ast.Return)]
    beside = [value.elts[1] for value in returned if _is_pair(value)]
    kept = {node.id for node in beside if isinstance(node, ast.Name)}
    found = [name for node in beside for name in _keys(node)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name) and target.id in kept:
                    found += _keys(node.value)
                elif (
                    isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) and target.value.id in kept
                ):
                    found += _texts([target.slice])
    return list(dict.fromkeys(found))


def _is_pair(node: ast.expr | None) -> TypeGuard[ast.Tuple]:
    return isinstance(node, ast.Tuple) and len(node.elts) == 2


def _keys(node: ast.expr) -> list[str]:
    """The keys of a dict that is written out."""
    match node:
        case ast.Dict(keys=keys):
            return _texts(keys)
        case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
            return [keyword.arg for keyword in keywords if keyword.arg]
    return []


def _texts(nodes: Iterable[ast.expr | None]) -> list[str]:
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def pair(answer: Any) -> tuple[Any, dict[Any, Any]]:
    """A total and its parts, where a program names any."""
    total, parts = answer if type(answer) is tuple and len(answer) == 2 else (answer, {})
    return total, parts if type(parts) is dict else {}
