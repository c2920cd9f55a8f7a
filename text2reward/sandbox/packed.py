"""Fields out of packed states. Imports neither torch nor NumPy and works on the arrays of both.

An exported reward carries this file with it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def field_of(packed: Any, field: Mapping[str, Any]) -> Any:
    """A view of a field (of a bool field a copy): packed states ``(B, D)`` -> ``(B, *shape)``.

    Args:
        packed: an array or a tensor.
        field: its ``shape``, ``dtype`` and ``start``, as :meth:`.StateLayout.to_json` tells them.
    """
    start = field["start"]
    block = packed[:, start : start + math.prod(field["shape"])].reshape(len(packed), *field["shape"])
    return block > 0.5 if field["dtype"] == "bool" else block
