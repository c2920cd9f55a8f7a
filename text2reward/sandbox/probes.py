"""States that the bank does not hold, made from those it does: to tell a term that waits from one that does nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from text2reward.envs.field import Field, StateLayout
from text2reward.envs.transitions import Transitions

SPREAD = 3.0
"""How much wider than the bank the mixed states are."""
CLOSE = 0.01
"""How far apart things lie where everything is brought together, in m; in every other row they coincide."""


Change = Callable[[Field, np.ndarray], np.ndarray]
"""Makes other values ``(B, size)`` of a field out of those it has."""


def mixed(bank: Transitions, layout: StateLayout) -> Transitions:
    """Every field from another row, spread wider; switches thrown at random."""
    rng = np.random.default_rng(0)

    def mix(field: Field, block: np.ndarray) -> np.ndarray:
        if field.dtype == "bool":
            return rng.random(block.shape) < 0.5
        middle = np.median(block, axis=0)
        values = middle + SPREAD * (rng.permutation(block) - middle)
        return _as_before(field, values, block)

    return _changed(bank, layout, mix)


def together(bank: Transitions, layout: StateLayout) -> Transitions:
    """All places at one place, or nearly; everything else as it was."""
    rng = np.random.default_rng(0)
    apart = CLOSE * (np.arange(len(bank)) % 2)[:, None]
    places = [field.name for field in layout.fields if field.is_place]
    here = bank.state[:, layout.columns(places[0])] if places else np.zeros((len(bank), 3), dtype=np.float32)

    def bring(field: Field, block: np.ndarray) -> np.ndarray:
        return here + apart * rng.normal(size=block.shape) if field.is_place else block

    return _changed(bank, layout, bring)


def _as_before(field: Field, values: np.ndarray, block: np.ndarray) -> np.ndarray:
    """Directions and quaternions keep their length."""
    lengths = np.linalg.norm(block, axis=1)
    if field.size < 2 or not np.allclose(lengths, 1, atol=1e-3):
        return values
    unit: np.ndarray = values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-6)
    return unit


def _changed(bank: Transitions, layout: StateLayout, change: Change) -> Transitions:
    packed = []
    for array in (bank.prev, bank.state):
        blocks = [change(field, array[:, layout.columns(field.name)]) for field in layout.fields]
        packed.append(np.concatenate(blocks, axis=1).astype(np.float32))
    return dataclasses.replace(bank, prev=packed[0], state=packed[1])
