"""Finding an OpenGL that MuJoCo can draw with on a machine without a display."""

from __future__ import annotations

import ctypes.util
import os
from pathlib import Path

INSTALL_HINT = "Install libosmesa6 or libegl1 for videos (Debian: apt-get install libosmesa6)."

DISABLED = "disabled"
"""Value of MUJOCO_GL for processes that never draw."""

_LIBRARIES = {"egl": "EGL", "osmesa": "OSMesa"}

_OFF = ("disable", DISABLED, "off", "false", "0")


def backends() -> list[str]:
    """Values of MUJOCO_GL worth trying, best first; what the user set is the only one."""
    chosen = os.environ.get("MUJOCO_GL", "").lower()
    if chosen:
        return [] if chosen in _OFF else [chosen]
    has_gpu = Path("/dev/dri").exists() or Path("/dev/nvidia0").exists()
    order = ["egl", "osmesa"] if has_gpu else ["osmesa", "egl"]
    return [name for name in order if ctypes.util.find_library(_LIBRARIES[name])]


def none_found() -> tuple[str, str]:
    """Why there is none to try, and what to do."""
    chosen = os.environ.get("MUJOCO_GL", "")
    if chosen.lower() in _OFF:
        return f"MUJOCO_GL={chosen} forbids drawing.", "Unset the variable: unset MUJOCO_GL."
    return "No OpenGL was found.", INSTALL_HINT
