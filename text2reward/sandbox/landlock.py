"""Landlock with no exceptions: no path can be opened or changed, no TCP port used, nothing outside signalled.

The rights are the kernel's (``include/uapi/linux/landlock.h``); which of them exist goes by the ABI number.
"""

from __future__ import annotations

import ctypes
import os

from text2reward.sandbox import kernel
from text2reward.sandbox.kernel import LockError

_CREATE_RULESET, _RESTRICT_SELF = 444, 446  # the same number on every architecture
_GET_VERSION = 1
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16, 6: 16, 7: 16, 8: 16, 9: 17}
"""How many rights over files each ABI knows; they are the lowest bits."""
_NET_SINCE, _NET_RIGHTS = 4, 0b11  # bind and connect TCP
_SCOPED_SINCE, _SCOPES = 6, 0b11  # abstract UNIX sockets and signals


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


def abi() -> int:
    """The kernel's Landlock ABI.

    Raises:
        LockError: it has none, or none that may be used here.
    """
    try:
        return kernel.call(_CREATE_RULESET, None, 0, _GET_VERSION)
    except OSError as error:
        raise LockError(f"Landlock is not available: {error.strerror}") from error


def deny_all() -> int:
    """Apply a ruleset without rules to this thread, the only one there may be; returns the ABI.

    Raises:
        LockError: the kernel refuses.
    """
    version = abi()
    known = min(version, max(_FILE_RIGHTS))
    ruleset = _Ruleset(
        files=(1 << _FILE_RIGHTS[known]) - 1,
        net=_NET_RIGHTS if known >= _NET_SINCE else 0,
        scoped=_SCOPES if known >= _SCOPED_SINCE else 0,
    )
    size = 8 if known < _NET_SINCE else 16 if known < _SCOPED_SINCE else 24  # what kernels of that ABI can read
    try:
        fd = kernel.call(_CREATE_RULESET, ctypes.byref(ruleset), size, 0)
    except OSError as error:
        raise LockError(f"Landlock refuses a ruleset: {error.strerror}") from error
    try:
        kernel.call(_RESTRICT_SELF, fd, 0)
    except OSError as error:
        raise LockError(f"Landlock cannot be applied: {error.strerror}") from error
    finally:
        os.close(fd)
    return version
