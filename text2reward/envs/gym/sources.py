"""Where the value of a declared field comes from."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from text2reward.errors import UserError, nearest

Source = Callable[[Any, Any, Mapping[str, Any]], Any]
"""From an environment (as ``make`` made it), its observation and its ``info`` to a value."""

Index = int | slice | list[int]
Key = str | Index

_ROWS = (list, tuple)
"""What may be uneven, so that NumPy knows no shape of it."""

SUCCESS_KEYS = ("is_success", "success")
"""Names by which environments tell success in ``info``."""


@dataclass(frozen=True)
class Entry:
    """A part of the observation or of ``info``: ``obs[0:3]``, ``obs["achieved_goal"]``, ``info["speed"]``.

    Keys follow one another, as in ``obs["hand"][0:3]``; a list picks entries in its own order. It is a :data:`Source`.

    Args:
        root: what the first key is looked up in.
        keys: what is looked up, one after the other.
    """

    root: Literal["obs", "info"]
    keys: tuple[Key, ...] = ()

    __iter__ = None  # without it, Python would count through the keys for ever

    def __getitem__(self, key: Key) -> Entry:
        key = key.tolist() if isinstance(key, (np.ndarray, np.generic)) else key
        part = Entry(self.root, (*self.keys, key))
        if not isinstance(key, (str, int, slice, list, tuple)):
            raise UserError(f"{part} has no index that is known.", 'Use obs[3], obs[0:3], obs[[0, 2]] or obs["key"].')
        if isinstance(key, tuple):
            raise UserError(f"{part} has two indexes at once.", "Write one after the other, as in obs[0][3].")
        if isinstance(key, slice) and (key.stop is None or key.stop < 0 or (key.start or 0) < 0):
            raise UserError(f"{part} does not say how long it is.", "Write both ends from the front, as in obs[3:6].")
        if part.shape == (0,):
            raise UserError(f"{part} is empty.", "The second number is where it ends, as in obs[3:6].")
        return part

    def __call__(self, env: Any, obs: Any, info: Mapping[str, Any]) -> Any:
        """The entry's value; whatever the lookup raises where there is none."""
        value: Any = obs if self.root == "obs" else info
        for key in self.keys:
            value = value[key]
        return value

    def __str__(self) -> str:
        return self.root + "".join(f"[{_said(key)}]" for key in self.keys)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that the last key gives; ``()`` where it is a name or a number."""
        last = self.keys[-1] if self.keys else ""
        if isinstance(last, slice):
            return (len(range(last.start or 0, last.stop, last.step or 1)),)
        return () if isinstance(last, (str, int)) else (len(last),)

    def missing(self, obs: Any, info: Mapping[str, Any]) -> str:
        """Why there is no such entry, and which there are; empty where there is one."""
        value: Any = obs if self.root == "obs" else info
        for at, key in enumerate(self.keys):
            so_far = str(Entry(self.root, self.keys[:at]))
            if isinstance(value, Mapping):
                if not isinstance(key, str) or key not in value:
                    return f"{so_far} has no {_said(key)}. {_has(value, key)}"
            elif isinstance(key, str):
                return f"{so_far} is no dict but {_kind(value)}. Use indexes, for example {so_far}[0:3]."
            elif _last_index(key) >= _length(value):
                return f"{so_far} is {_kind(value)}, so there is no {self}. {_indexes(value)}"
            elif isinstance(key, list) and isinstance(value, _ROWS):
                return (
                    f"{so_far} is {_kind(value)}, which takes no list of indexes. "
                    f"Use a slice, for example {so_far}[0:3], or have the environment give an array."
                )
            value = value[key]
        return ""


obs = Entry("obs")
info = Entry("info")


def _said(key: Key) -> str:
    if isinstance(key, str):
        return json.dumps(key, ensure_ascii=False)
    if isinstance(key, slice):
        ends = [key.start, key.stop] + ([key.step] if key.step is not None else [])
        return ":".join("" if end is None else str(end) for end in ends)
    return str(key)


def _has(value: Mapping[str, Any], key: Key) -> str:
    near = nearest(str(key), value)
    known = f"It has {', '.join(map(repr, value))}." if value else "It is empty."
    return f"Did you mean {near!r}? {known}" if near else known


def _kind(value: Any) -> str:
    if isinstance(value, _ROWS):
        return f"a {type(value).__name__} of {len(value)}"
    shape = np.shape(value)
    return f"an array of shape {shape}" if shape else f"a single {type(value).__name__}"


def _last_index(key: Index) -> int:
    if isinstance(key, slice):
        return int(key.stop) - 1
    indexes = [key] if isinstance(key, int) else key
    return max(index if index >= 0 else -index - 1 for index in indexes)


def _length(value: Any) -> int:
    return len(value) if isinstance(value, _ROWS) or np.ndim(value) else 0


def _indexes(value: Any) -> str:
    return f"Use indexes from 0 to {len(value) - 1}." if _length(value) else "Leave the index out."
