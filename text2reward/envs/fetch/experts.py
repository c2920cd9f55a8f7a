"""Scripted policies that solve Fetch tasks: one observation, 13 or 28 numbers, to one action."""

from __future__ import annotations

import numpy as np

_OPEN, _CLOSE = 1.0, -1.0
_ABOVE = np.array([0.0, 0.0, 0.08])


def reach(seen: np.ndarray) -> np.ndarray:
    """Straight to the goal."""
    return _toward(seen, seen[10:13])


def push(seen: np.ndarray) -> np.ndarray:
    """Over the block to its side away from the goal, down, and forward."""
    hand, block, goal = seen[:3], seen[3:6], seen[25:28]
    way = goal - block
    way[2] = 0
    left = float(np.linalg.norm(way))
    if left < 0.015:
        return _toward(seen, hand)
    way /= left
    behind = block - 0.07 * way
    beside = hand - block
    across = beside - (beside @ way) * way
    is_behind = beside @ way < -0.02 and np.linalg.norm(across[:2]) < 0.02 and across[2] < 0.03
    if is_behind:
        return _toward(seen, block + min(left - 0.03, 0.05) * way)
    is_high = hand[2] > block[2] + 0.06
    if np.linalg.norm((hand - behind)[:2]) < (0.03 if is_high else 0.05):
        return _toward(seen, behind)
    return _toward(seen, (behind if is_high else np.append(hand[:2], block[2])) + _ABOVE)


def pick_and_place(seen: np.ndarray) -> np.ndarray:
    """Open above the block, down, close, and to the goal."""
    block, goal, width = seen[3:6], seen[25:28], seen[9] + seen[10]
    apart = seen[6:9]
    if np.linalg.norm(apart[:2]) > 0.015 and abs(apart[2]) > 0.015:
        return _toward(seen, block + _ABOVE, _OPEN)
    if np.linalg.norm(apart) > 0.015:
        return _toward(seen, block, _OPEN)
    is_held = width < 0.051
    return _toward(seen, goal if is_held else block, _CLOSE)


def _toward(seen: np.ndarray, place: np.ndarray, gripper: float = 0.0) -> np.ndarray:
    move = np.clip(10 * (place - seen[:3]), -1, 1)
    return np.append(move, gripper).astype(np.float32)
