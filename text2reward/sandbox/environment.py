"""The environments that child processes are started with: allow-lists, so that no key is ever passed on."""

from __future__ import annotations

import os
from collections.abc import Mapping

from text2reward.record.hiding import names_a_key

_SANDBOX = ("LD_LIBRARY_PATH", "LANG", "LC_ALL", "SYSTEMROOT")
_TRAINER = (
    "PATH",
    *_SANDBOX,
    *"HOME USER TMPDIR TZ VIRTUAL_ENV DISPLAY XDG_RUNTIME_DIR XDG_CACHE_HOME MPLCONFIGDIR MS_ASSET_DIR".split(),
    *"CUDA_VISIBLE_DEVICES CUDA_HOME NVIDIA_VISIBLE_DEVICES NVIDIA_DRIVER_CAPABILITIES".split(),
    *"MUJOCO_GL PYOPENGL_PLATFORM".split(),
)
_TRAINER_PREFIXES = ("VK_", "EGL_", "__EGL_", "LIBGL_", "MESA_")

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
}
"""One thread each: forking is only safe then, and several processes share the cores better."""

GIVE_MEMORY_BACK = {"MALLOC_TRIM_THRESHOLD_": "1000000", "MALLOC_MMAP_THRESHOLD_": "1000000"}
"""Without these, glibc keeps most of what a closed pool of simulators held, and a training that makes a new pool at
every checkpoint grows by a hundred megabytes each time."""


def sandbox_environment() -> dict[str, str]:
    """What a reward process may know of its surroundings: where the libraries are."""
    return {**_pick(os.environ, _SANDBOX), **ONE_THREAD, "PYTHONHASHSEED": "0"}


def trainer_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a trainer may know: libraries, home, display and devices, and no key."""
    kept = _pick(os.environ, _TRAINER)
    of_drivers = (name for name in os.environ if name.startswith(_TRAINER_PREFIXES) and not names_a_key(name))
    kept |= _pick(os.environ, tuple(of_drivers))
    return {**kept, **ONE_THREAD, **GIVE_MEMORY_BACK, "PYTHONHASHSEED": "0", **(extra or {})}


def _pick(environment: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: environment[name] for name in names if name in environment}
