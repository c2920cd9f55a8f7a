"""Functions over quaternions that Isaac Gym's environments have at hand (``isaacgymenvs.utils.torch_jit_utils``).

Quaternions are xyzw here, as there. Imports nothing but torch, because an exported reward carries this file with it.
"""

from __future__ import annotations

from collections.abc import Callable

import torch


def quat_mul(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Products of quaternions ``(B, 4)``, xyzw."""
    u, v, s, t = a[:, :3], b[:, :3], a[:, 3:], b[:, 3:]
    vector = s * v + t * u + torch.linalg.cross(u, v)
    return torch.cat([vector, s * t - (u * v).sum(dim=-1, keepdim=True)], dim=-1)


def quat_conjugate(a: torch.Tensor) -> torch.Tensor:
    """Conjugates of quaternions ``(B, 4)``, xyzw."""
    return torch.cat([-a[:, :3], a[:, 3:]], dim=-1)


def quat_rotate(q: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Vectors ``(B, 3)`` turned by unit quaternions ``(B, 4)``, xyzw."""
    across: torch.Tensor = 2 * torch.linalg.cross(q[:, :3], v)
    turned: torch.Tensor = v + q[:, 3:] * across + torch.linalg.cross(q[:, :3], across)
    return turned


def quat_rotate_inverse(q: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Vectors ``(B, 3)`` turned back by unit quaternions ``(B, 4)``, xyzw."""
    return quat_rotate(quat_conjugate(q), v)


def normalize(x: torch.Tensor, eps: float = 1e-9) -> torch.Tensor:
    """Vectors of length 1."""
    length: torch.Tensor = x.norm(p=2, dim=-1).clamp(min=eps)
    return x / length.unsqueeze(-1)


HELPERS: dict[str, Callable[..., torch.Tensor]] = {
    "quat_mul": quat_mul,
    "quat_conjugate": quat_conjugate,
    "quat_rotate": quat_rotate,
    "quat_apply": quat_rotate,
    "quat_rotate_inverse": quat_rotate_inverse,
    "normalize": normalize,
}
"""By the names that programs call."""
