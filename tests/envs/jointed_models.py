"""Faucets and cabinets made of boxes, laid out as the PartNet-Mobility models that ManiSkill downloads."""

from __future__ import annotations

import json
from pathlib import Path

DRAWER_M, DOOR_RAD, FAUCET_RAD = 0.3, 1.5, 1.2
"""How far the joints of the first model go."""


def limit_of(name: str, first: float) -> float:
    """How far a model's joint goes: models differ."""
    return first * (1 - 0.05 * (int(name) % 4))


def make_models(package: Path, home: Path) -> None:
    """One model for each name in the package's lists, below ``home``, the value of ``MS_ASSET_DIR``."""
    lists = package / "assets" / "partnet_mobility" / "meta"
    dataset = home / "data" / "partnet_mobility" / "dataset"
    for kind, model in (("faucet", _faucet), ("cabinet_drawer", _cabinet), ("cabinet_door", _cabinet)):
        for name, about in json.loads((lists / f"info_{kind}_train.json").read_text()).items():
            (dataset / name).mkdir(parents=True, exist_ok=True)
            (dataset / name / "mobility_cvx.urdf").write_text(f'<robot name="x">{model(name, about)}</robot>')


def _faucet(model: str, about: dict) -> str:
    limit, axis = limit_of(model, FAUCET_RAD), (0, 0, 1) if int(model) % 2 else (0, 1, 0)
    text = _link("base", _box("body", (0.1, 0.1, 0.2)))
    for i, (name, _, meaning) in enumerate(about["semantics"]):
        turns = meaning == "switch"
        text += _link(name, _box("handle", (0.3, 0.04, 0.04), (0.15, 0, 0)))
        text += _joint(name, "revolute" if turns else "fixed", (0, 0, 0.3 + 0.1 * i), axis, limit)
    return text


def _cabinet(model: str, about: dict) -> str:
    text = _link("base", _box("body", (0.5, 0.8, 1.0)))
    shut = (-0.27, 0, 0)
    for name, kind, axis, limit in (
        ("drawer", "prismatic", (-1, 0, 0), limit_of(model, DRAWER_M) / about["scale"]),
        ("door", "revolute", (0, 0, 1), limit_of(model, DOOR_RAD)),
    ):
        front = _box("front", (0.02, 0.3, 0.2), (0, 0.2, 0)) + _box("handle-1", (0.04, 0.02, 0.1), (-0.03, 0.3, 0))
        text += _link(name, front) + _joint(name, kind, shut, axis, limit)
    return text


def _box(name: str, size: tuple, at: tuple = (0, 0, 0)) -> str:
    geometry = f'<origin xyz="{_words(at)}"/><geometry><box size="{_words(size)}"/></geometry>'
    return f'<visual name="{name}">{geometry}</visual><collision>{geometry}</collision>'


def _link(name: str, shapes: str) -> str:
    return f'<link name="{name}">{shapes}</link>'


def _joint(child: str, kind: str, at: tuple, axis: tuple, limit: float) -> str:
    return (
        f'<joint name="to_{child}" type="{kind}"><parent link="base"/><child link="{child}"/>'
        f'<origin xyz="{_words(at)}"/><axis xyz="{_words(axis)}"/>'
        f'<limit lower="0" upper="{limit}" effort="100" velocity="10"/></joint>'
    )


def _words(numbers: tuple) -> str:
    return " ".join(map(str, numbers))
