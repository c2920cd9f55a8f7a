"""System calls that Python has no function for."""

from __future__ import annotations

import ctypes
import errno
import os
import sys

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38
_CAPABILITY_VERSION_3 = 0x20080522

REFUSALS = (errno.EPERM, errno.EACCES, errno.ENOSYS)
"""The errors a lock refuses with; any other error means that a call got through and failed for a reason of its own."""


class LockError(RuntimeError):
    """The kernel refused a lock, or something forbidden still works."""


def call(number: int, *arguments: object) -> int:
    """One system call by number.

    Raises:
        OSError: it failed.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result: int = libc.syscall(ctypes.c_long(number), *words)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def prctl(option: int, *arguments: object) -> None:
    """Change a property of this process.

    Raises:
        OSError: it failed.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    words = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in (*arguments, 0, 0, 0, 0)[:4]]
    if libc.prctl(ctypes.c_int(option), *words) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def drop_capabilities() -> None:
    """Root, too, keeps no right but those of its user number (Linux).

    Raises:
        LockError: the kernel refuses.
    """
    if sys.platform == "linux":
        header, nothing = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
        if ctypes.CDLL(None, use_errno=True).capset(header, nothing) != 0:
            raise LockError(f"capset: {os.strerror(ctypes.get_errno())}")


def no_core_dumps() -> None:
    """A crash shall start no helper outside, as a limit of 0 alone does not prevent (Linux).

    Raises:
        LockError: the kernel refuses.
    """
    _set("dumpable", _PR_SET_DUMPABLE, 0)


def no_new_privileges() -> None:
    """Nothing this process starts can gain rights it does not have (Linux); locks are refused without it.

    Raises:
        LockError: the kernel refuses.
    """
    _set("no_new_privs", _PR_SET_NO_NEW_PRIVS, 1)


def _set(name: str, option: int, value: int) -> None:
    """Change a property without which there is no lock; only Linux has them."""
    if sys.platform == "linux":
        try:
            prctl(option, value)
        except OSError as error:
            raise LockError(f"{name}: {error.strerror}") from error
