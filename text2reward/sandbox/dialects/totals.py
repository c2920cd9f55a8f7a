"""A total and the parts it is said to have, as terms that add up to the total.

Imports nothing but torch and names, because an exported reward carries this file with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch

from text2reward.sandbox.dialects.tensor_names import REST

TOTAL = "total"
MOST = 31
"""Parts that are told; all others are in the rest."""

ROUNDING = 1e-5
"""A rest below this share of the parts is what adding them in another order makes."""


def split(total: torch.Tensor, parts: Mapping[Any, Any]) -> dict[str, torch.Tensor]:
    """Terms, each ``(B,)``, whose sum is ``total``: the parts with one number per row, and the rest.

    A style with a separate total may name parts that do not add up to it, or that are no rows, for example a mean to be
    logged; those are left out, because the total is what its author trains with.
    """
    terms: dict[str, torch.Tensor] = {}
    for name, part in list(parts.items()):
        if len(terms) < MOST and isinstance(part, torch.Tensor) and part.shape == total.shape:
            terms.setdefault(_word(name), part.to(total.dtype))
    if not terms:
        return {TOTAL: total}
    added = torch.stack([*terms.values()])
    rest = total - added.sum(dim=0)
    noise = ROUNDING * (added.abs().sum(dim=0) + total.abs())
    return {**terms, REST: torch.where(rest.abs() <= noise, torch.zeros_like(rest), rest)}


def _word(name: Any) -> str:
    """A name that a term may have."""
    word = re.sub(r"\W+", "_", str(name), flags=re.ASCII).strip("_")[:40] or "part"
    word = word if word[0].isalpha() else f"part_{word}"[:40]
    return f"{word[:34]}_part" if word in (TOTAL, REST) else word


def pair(answer: Any) -> tuple[Any, dict[Any, Any]]:
    """A total and its parts, where a program names any."""
    total, parts = answer if type(answer) is tuple and len(answer) == 2 else (answer, {})
    return total, parts if type(parts) is dict else {}
