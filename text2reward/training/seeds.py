"""All randomness of a run, from one seed through named streams."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

STREAMS = {
    "train": 0,
    "select": 1,
    "held-out": 2,
    "bank": 3,
    "compose": 4,
    "film": 5,
    "wander": 6,
    "disturb": 7,
    "screen": 8,
    "rating": 9,
}
"""Named streams; a stream's number is part of the run's reproducibility and never changes."""

_INT31 = 2**31 - 1


def stream(seed: int, name: str, *path: int) -> np.random.SeedSequence:
    """The seed sequence of a named stream.

    Args:
        seed: the run's ``--seed``.
        name: one of :data:`STREAMS`.
        path: further numbers, for example round and candidate.
    """
    return np.random.SeedSequence(seed, spawn_key=(STREAMS[name], *path))


def integers(sequence: np.random.SeedSequence, count: int) -> list[int]:
    """``count`` integers below 2**31 - 1, as simulators take them."""
    return [int(value) % _INT31 for value in sequence.generate_state(count, np.uint32)]


def episode_seeds(seed: int, name: str, count: int, *path: int) -> Sequence[int]:
    """Seeds of the first ``count`` episodes of a stream; a longer list starts with the shorter one."""
    return integers(stream(seed, name, *path), count)
