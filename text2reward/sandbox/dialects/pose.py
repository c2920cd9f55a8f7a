"""Places and orientations of single things. Imports NumPy alone, as an exported reward carries this file with it."""

from __future__ import annotations

import math

import numpy as np


class Pose:
    """A place and an orientation.

    Args:
        p: place ``(3,)`` in m.
        q: quaternion ``(4,)``, wxyz; None where the task has no field for it.
    """

    def __init__(self, p: np.ndarray, q: np.ndarray | None) -> None:
        self.p = p
        if q is not None:
            self.q = q

    def inv(self) -> Pose:
        """The inverse."""
        back = self.q * np.array([1.0, -1.0, -1.0, -1.0])
        return Pose(-rotate(back, self.p), back)

    def __mul__(self, other: Pose) -> Pose:
        """``other``, which is given in this frame, in the frame that this one is given in."""
        return Pose(self.p + rotate(self.q, other.p), multiply(self.q, other.q))

    def to_transformation_matrix(self) -> np.ndarray:
        """``(4, 4)``."""
        matrix = np.eye(4)
        matrix[:3, :3] = np.stack([rotate(self.q, axis) for axis in np.eye(3)], axis=1)
        matrix[:3, 3] = self.p
        return matrix


def multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The product of two quaternions ``(4,)``, wxyz."""
    vector = a[0] * b[1:] + b[0] * a[1:] + np.cross(a[1:], b[1:])
    return np.concatenate([[a[0] * b[0] - a[1:] @ b[1:]], vector])


def rotate(q: np.ndarray, v: np.ndarray) -> np.ndarray:
    """A vector ``(3,)`` turned by a unit quaternion ``(4,)``, wxyz."""
    across = 2 * np.cross(q[1:], v)
    turned: np.ndarray = v + q[0] * across + np.cross(q[1:], across)
    return turned


def turning(before: np.ndarray, after: np.ndarray, dt: float) -> np.ndarray:
    """Mean angular velocity ``(3,)`` between two orientations, about the world's axes."""
    turn = multiply(after, before * np.array([1.0, -1.0, -1.0, -1.0]))
    turn = turn if turn[0] >= 0 else -turn
    size = float(np.linalg.norm(turn[1:]))
    if size < 1e-9:
        return np.zeros(3)
    rate: np.ndarray = turn[1:] / size * (2 * math.atan2(size, float(turn[0])) / dt)
    return rate
