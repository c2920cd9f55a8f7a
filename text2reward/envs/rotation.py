"""Orientations as the fields give them: unit quaternions, wxyz, with w not below 0."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation


def from_euler_xyz(angles: np.ndarray) -> np.ndarray:
    """``(N, 3)`` rad, turned about x, then the new y, then the newest z -> ``(N, 4)``."""
    return _wxyz(Rotation.from_euler("XYZ", angles))


def from_last_rows(rows: np.ndarray) -> np.ndarray:
    """The second and third row of rotation matrices, ``(N, 6)`` -> ``(N, 4)``."""
    second, third = rows[:, :3], rows[:, 3:]
    return _wxyz(Rotation.from_matrix(np.stack([np.cross(second, third), second, third], axis=1)))


def from_wxyz(quaternions: np.ndarray) -> np.ndarray:
    """Any ``(N, 4)`` quaternions, wxyz -> the same orientations."""
    return _wxyz(_rotation(quaternions))


def to_world(vectors: np.ndarray, quaternions: np.ndarray) -> np.ndarray:
    """``(N, 3)`` vectors in the frames of bodies that are turned by ``(N, 4)`` quaternions -> in the world's frame."""
    turned: np.ndarray = _rotation(quaternions).apply(vectors)
    return turned


def _rotation(quaternions: np.ndarray) -> Rotation:
    return Rotation.from_quat(quaternions[:, [1, 2, 3, 0]])


def _wxyz(rotation: Rotation) -> np.ndarray:
    quaternions: np.ndarray = rotation.as_quat(canonical=True)[:, [3, 0, 1, 2]]
    return quaternions
