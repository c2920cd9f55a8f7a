"""``state`` and ``prev`` as a program sees them: named, read-only tensors. Runs inside the locked process only."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import torch

from text2reward.sandbox.packed import field_of


class Named:
    """Attributes by name; anything else is an error that says what there is.

    Args:
        path: how the program writes it, for messages.
        values: attribute name -> tensor or :class:`Named`.
    """

    __slots__ = ("_path", "_values")

    def __init__(self, path: str, values: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_path", path)
        object.__setattr__(self, "_values", dict(values))

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            near = difflib.get_close_matches(name, self._values, n=1)
            hint = f"did you mean {self._path}.{near[0]}?" if near else f"there is {', '.join(self._values)}"
            raise AttributeError(f"{self._path}.{name} does not exist; {hint}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{self._path} is read-only")


def name_state(path: str, packed: torch.Tensor, layout: list[dict[str, Any]]) -> Named:
    """Views into ``packed`` ``(B, D)``, grouped as ``group.leaf``; bool fields are copies."""
    groups: dict[str, dict[str, Any]] = {}
    for field in layout:
        group, leaf = field["name"].split(".")
        groups.setdefault(group, {})[leaf] = field_of(packed, field)
    return Named(path, {group: Named(f"{path}.{group}", leaves) for group, leaves in groups.items()})
