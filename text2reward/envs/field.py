"""Named state fields and how they lie in one flat state vector."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from text2reward.errors import UserError

Varies = Literal["step", "reset", "never"]
Dtype = Literal["float32", "bool"]

_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Field:
    """One named quantity of a task's state, read in a reward program as ``state.<name>``.

    Args:
        name: ``group.leaf``, for example ``handle.pos``.
        shape: shape for one environment; ``(3,)`` is read as a ``(B, 3)`` tensor, ``()`` as ``(B,)``.
        unit: SI unit, ``"1"`` for a pure number; quaternions are wxyz with unit ``"1"``.
        doc: what the quantity is, in one line.
        varies: ``"step"`` if it can change within an episode, ``"reset"`` if only between episodes, else ``"never"``.
        dtype: ``float32`` or ``bool``.

    Raises:
        UserError: the name is not ``group.leaf`` in lower-case identifiers, the shape is not positive, or ``varies`` or
            ``dtype`` is another word.
    """

    name: str
    shape: tuple[int, ...]
    unit: str
    doc: str
    varies: Varies = "step"
    dtype: Dtype = "float32"

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or any(keyword.iskeyword(part) for part in self.name.split(".")):
            raise UserError(
                f"Field name {self.name!r} is not group.leaf in lower-case identifiers.", "For example: handle.pos."
            )
        sizes = self.shape if isinstance(self.shape, tuple) else (0,)
        if not all(isinstance(size, int) and size >= 1 for size in sizes):
            raise UserError(
                f"Field {self.name} has shape {self.shape!r}.", "Use a tuple of whole numbers above 0, such as (3,)."
            )
        if self.varies not in get_args(Varies):
            raise UserError(f"Field {self.name} varies by {self.varies!r}.", f"Use {', '.join(get_args(Varies))}.")
        if self.dtype not in get_args(Dtype):
            raise UserError(f"Field {self.name} has dtype {self.dtype!r}.", f"Use {', '.join(get_args(Dtype))}.")

    @property
    def size(self) -> int:
        """How many numbers the field takes for one environment."""
        return math.prod(self.shape)

    @property
    def is_place(self) -> bool:
        """Whether it is a point in space."""
        return self.shape == (3,) and self.unit == "m"

    @property
    def is_quaternion(self) -> bool:
        """Whether it is called an orientation by four numbers, wxyz."""
        return self.name.endswith((".quat", "_quat"))

    @property
    def signature(self) -> str:
        """The field as a program sees it, for example ``float32 (B, 3), m``."""
        shape = ", ".join(["B", *map(str, self.shape)])
        unit = "no unit" if self.unit == "1" else self.unit
        return f"{self.dtype} ({shape}{',' if not self.shape else ''}), {unit}"


class StateLayout:
    """Where each field lies in a packed ``(B, size)`` float32 state array.

    Args:
        fields: in packing order.
        constants: numbers that hold throughout, by the names that programs published elsewhere use, for example ``dt``.
        observed: where each number of the packed state stands in the observation that such programs are handed; empty
            where they are handed none.

    Raises:
        UserError: two fields share a name.
    """

    def __init__(
        self, fields: Iterable[Field], constants: Mapping[str, float] | None = None, observed: Iterable[int] = ()
    ) -> None:
        self.fields = tuple(fields)
        self.constants = dict(constants or {})
        self.observed = tuple(observed)
        self._slices: dict[str, slice] = {}
        offset = 0
        for field in self.fields:
            if field.name in self._slices:
                raise UserError(f"Field {field.name} is declared twice.", "Give every field its own name.")
            self._slices[field.name] = slice(offset, offset + field.size)
            offset += field.size
        self.size = offset

    @property
    def names(self) -> tuple[str, ...]:
        """The fields' names in packing order."""
        return tuple(self._slices)

    def columns(self, name: str) -> slice:
        """The columns of the packed array that hold field ``name``."""
        return self._slices[name]

    def part(self, names: Collection[str]) -> StateLayout:
        """The layout of those fields alone that are named, in the order they have here."""
        fields = [field for field in self.fields if field.name in names]
        observed = [slot for field in fields for slot in self.observed[self._slices[field.name]]]
        return StateLayout(fields, self.constants, observed)

    def unpack(self, packed: np.ndarray) -> dict[str, np.ndarray]:
        """Views (bool fields: copies) of each field: ``(B, size)`` -> name: ``(B, *shape)``."""
        fields = {}
        for field in self.fields:
            block = packed[:, self._slices[field.name]].reshape(len(packed), *field.shape)
            fields[field.name] = block > 0.5 if field.dtype == "bool" else block
        return fields

    def to_json(self) -> dict[str, Any]:
        """What a reward process needs to give a program its inputs: ``fields``, ``constants`` and ``observed``."""
        fields = [
            {"name": f.name, "shape": list(f.shape), "dtype": f.dtype, "start": self._slices[f.name].start}
            for f in self.fields
        ]
        return {"fields": fields, "constants": self.constants, "observed": list(self.observed)}
