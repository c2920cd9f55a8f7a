"""macOS: the sandbox profile that denies everything but computing. Written from the platform's headers, not tested.

The profile language is the one ``sandbox-exec`` takes; ``sandbox_init`` applies it to the running process.
"""

from __future__ import annotations

import ctypes

from text2reward.sandbox.kernel import LockError

PROFILE = """
(version 1)
(deny default)
(allow signal (target self))
(allow process-info* (target self))
(allow sysctl-read)
"""


def deny_all() -> None:
    """Apply the profile to this process, for ever.

    Raises:
        LockError: the system refuses, or has no ``sandbox_init``.
    """
    library = ctypes.CDLL(None)
    if not hasattr(library, "sandbox_init"):
        raise LockError("this system has no sandbox_init")
    problem = ctypes.c_char_p()
    if library.sandbox_init(PROFILE.encode(), ctypes.c_uint64(0), ctypes.byref(problem)) != 0:
        raise LockError(f"sandbox_init: {(problem.value or b'no reason given').decode(errors='replace')}")
