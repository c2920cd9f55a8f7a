"""One block of memory shared between a reward process and its user: states and actions in, terms out."""

from __future__ import annotations

import fcntl
import mmap
import os
import re
import sys
import tempfile
from dataclasses import dataclass

import numpy as np

TERM_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
"""What a term may be called."""

MAX_TERMS = 32
_FLOAT = 4
_F_ADD_SEALS, _F_SEAL_SHRINK, _F_SEAL_GROW = 1033, 0x0002, 0x0004


@dataclass(frozen=True)
class Shape:
    """How large the shared arrays are.

    Args:
        rows: most transitions in one call.
        state_size: numbers in a packed state.
        action_size: numbers in an action.
    """

    rows: int
    state_size: int
    action_size: int

    @property
    def floats(self) -> int:
        """Numbers in the whole block."""
        return self.rows * (2 * self.state_size + self.action_size + MAX_TERMS)


class SharedArrays:
    """Views into the block; valid as long as this object lives.

    Args:
        fd: descriptor of the block; stays the caller's.
        shape: must be the one the block was made for.
    """

    def __init__(self, fd: int, shape: Shape) -> None:
        self.shape = shape
        self._map = mmap.mmap(fd, shape.floats * _FLOAT)
        flat = np.frombuffer(self._map, dtype=np.float32)
        self._flat = flat
        sizes = [
            (shape.rows, shape.state_size),
            (shape.rows, shape.action_size),
            (shape.rows, shape.state_size),
            (MAX_TERMS, shape.rows),
        ]
        views = []
        for rows, columns in sizes:
            views.append(flat[: rows * columns].reshape(rows, columns))
            flat = flat[rows * columns :]
        self.prev, self.action, self.state, self.terms = views


def make_block(shape: Shape) -> int:
    """A descriptor of a new block that cannot be grown or shrunk (where the platform can promise that)."""
    if sys.platform == "linux":
        fd = os.memfd_create("text2reward", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(fd, shape.floats * _FLOAT)
        fcntl.fcntl(fd, _F_ADD_SEALS, _F_SEAL_SHRINK | _F_SEAL_GROW)
        return fd
    with tempfile.TemporaryFile() as file:
        file.truncate(shape.floats * _FLOAT)
        return os.dup(file.fileno())
