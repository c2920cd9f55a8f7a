"""Places that follow from where ManiSkill's bodies are, as functions of the environment; see :mod:`.blocks`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from text2reward.envs.maniskill.blocks import Of

if TYPE_CHECKING:
    import torch


def above(actor: Of, height_m: float) -> Of:
    """A place so far above an actor's origin."""

    def read(env: Any) -> torch.Tensor:
        position: torch.Tensor = actor(env).pose.p.clone()
        position[:, 2] += height_m
        return position

    return read


def at_height(actor: Of, height_m: float) -> Of:
    """The place straight above or below an actor's origin, so far above the table."""

    def read(env: Any) -> torch.Tensor:
        position: torch.Tensor = actor(env).pose.p.clone()
        position[:, 2] = height_m
        return position

    return read


def ahead(pose: Of, distance_m: Of) -> Of:
    """The place so far from a pose's origin along its x."""

    def read(env: Any) -> torch.Tensor:
        here = pose(env)
        moved: torch.Tensor = here.p + _axis(here) * distance_m(env)
        return moved

    return read


def slid(place: Of, joint: Of, distance_m: Of) -> Of:
    """Where a place on a link is once its prismatic joint has moved on; SAPIEN's joints move along their frame's x."""

    def read(env: Any) -> torch.Tensor:
        moved: torch.Tensor = place(env) + _axis(joint(env).global_pose) * distance_m(env)[:, None]
        return moved

    return read


def turned(place: Of, joint: Of, angle_rad: Of) -> Of:
    """Where a place on a link is once its revolute joint has turned on (Rodrigues' formula)."""

    def read(env: Any) -> torch.Tensor:
        frame = joint(env).global_pose
        axis, origin, angle = _axis(frame), frame.p, angle_rad(env)[:, None]
        arm = place(env) - origin
        along = axis * (axis * arm).sum(dim=1, keepdim=True)
        moved: torch.Tensor = (
            origin + arm * angle.cos() + axis.cross(arm, dim=1) * angle.sin() + along * (1 - angle.cos())
        )
        return moved

    return read


def _axis(pose: Any) -> torch.Tensor:
    """A pose's x in the world, ``(n, 3)``: the first column of its rotation; ManiSkill's own functions take long."""
    import torch

    w, x, y, z = pose.q.unbind(dim=1)
    return torch.stack([1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)], dim=1)
