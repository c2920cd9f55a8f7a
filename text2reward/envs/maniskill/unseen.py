"""Building ManiSkill's scenes where nothing is drawn.

ManiSkill needs its renderer, and with it a Vulkan device, even for a scene that nobody looks at: for the materials of
what it builds, and to find a cabinet's handles by name in the meshes that were loaded to be drawn. Here the materials
stand for nothing, and the handles' meshes are read from the same files.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import sapien.pysapien.render
import sapien.render
import sapien.wrapper.urdf_loader
import trimesh
from mani_skill.utils.building.articulation_builder import ArticulationBuilder
from mani_skill.utils.geometry.trimesh_utils import merge_meshes
from mani_skill.utils.structs.link import Link


class _NoMaterial:
    """Takes any argument and any call, and is nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: None


_visuals: dict[str, Sequence[Any]] = {}  # what the links that were built last look like, by their names

_build_entities = ArticulationBuilder._build_entities


def _build_and_remember(self: Any, fix_root_link: Any = None, name_prefix: str = "", **more: Any) -> Any:
    _visuals.update({f"{name_prefix}{link.name}": link.visual_records for link in self.link_builders})
    return _build_entities(self, fix_root_link=fix_root_link, name_prefix=name_prefix, **more)


def _generate_mesh(self: Any, filter: Callable[[Any, Any], bool], mesh_name: str) -> list[Any]:
    """Stands for :meth:`Link.generate_mesh`; what it filters has a name, as a renderer's shapes do."""
    chosen = [[each for each in _visuals.get(link.name, ()) if filter(link, each)] for link in self._objs]
    return [merge_meshes([_mesh(each) for each in visuals]) for visuals in chosen]


def _mesh(visual: Any) -> Any:
    if visual.type == "file":
        mesh = trimesh.load(visual.filename, force="mesh")
        mesh.apply_scale(np.asarray(visual.scale))
    elif visual.type == "box":
        mesh = trimesh.creation.box(extents=2 * np.asarray(visual.scale))
    else:
        raise TypeError(f"a handle that is a {visual.type}")
    return mesh.apply_transform(visual.pose.to_transformation_matrix())


_MATERIALS = {name: type(name, (_NoMaterial,), {}) for name in ("RenderMaterial", "RenderTexture2D", "RenderCubemap")}
_STAND_INS = (
    *(
        (holder, name, material)
        for holder in (sapien.render, sapien.pysapien.render, sapien.wrapper.urdf_loader)
        for name, material in _MATERIALS.items()
        if hasattr(holder, name)
    ),
    (ArticulationBuilder, "_build_entities", _build_and_remember),
    (Link, "generate_mesh", _generate_mesh),
)


@contextlib.contextmanager
def unseen() -> Iterator[None]:
    """Within it, scenes are built without a renderer."""
    kept = [(holder, name, getattr(holder, name)) for holder, name, _ in _STAND_INS]
    for holder, name, value in _STAND_INS:
        setattr(holder, name, value)
    try:
        yield
    finally:
        for holder, name, value in kept:
            setattr(holder, name, value)
