"""Sealed mode: a seccomp filter that lets a process compute, answer on what it holds open, and do nothing else.

Every system call that is not on the list fails. Numbers are from the kernel's tables for x86-64 and aarch64
(``arch/x86/entry/syscalls/syscall_64.tbl``, ``include/uapi/asm-generic/unistd.h``).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
from dataclasses import dataclass

_X86, _ARM = 0, 1
_COLUMN = {"x86_64": _X86, "aarch64": _ARM}.get(platform.machine())
_AUDIT_ARCH = {_X86: 0xC000003E, _ARM: 0xC00000B7}

# name: (x86-64, aarch64); None where the call does not exist.
ALLOWED: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "getcpu": (309, 168),
    "nanosleep": (35, 101),
    "clock_nanosleep": (230, 115),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "gettimeofday": (96, 169),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "getrusage": (98, 165),
    "uname": (63, 160),
    "sysinfo": (99, 179),
    "getrandom": (318, 278),
    "futex": (202, 98),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "membarrier": (324, 283),
    "exit": (60, 93),
    "exit_group": (231, 94),
}
_SELF_SIGNAL = (234, 131)  # tgkill, to this very process only: abort() uses it
_CLONE3 = (435, 435)  # glibc falls back to clone, which is refused, only when this is unknown

_LOAD_WORD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2


class LockError(RuntimeError):
    """The kernel refused a lock."""


@dataclass(frozen=True)
class _Instruction:
    code: int
    value: int
    if_true: int = 0
    if_false: int = 0


class _Filter(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_uint16),
        ("jt", ctypes.c_uint8),
        ("jf", ctypes.c_uint8),
        ("k", ctypes.c_uint32),
    ]


class _Program(ctypes.Structure):
    _fields_ = [("len", ctypes.c_uint16), ("filter", ctypes.POINTER(_Filter))]


def supported() -> bool:
    """Whether this machine's architecture is one the filter is written for."""
    return _COLUMN is not None and platform.system() == "Linux"


def seal() -> None:
    """Give up every system call that is not on the list, for ever. One thread must be running.

    Raises:
        LockError: the kernel refuses, or the architecture is not known.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    instructions = _instructions()
    filters = (_Filter * len(instructions))(*[_Filter(i.code, i.if_true, i.if_false, i.value) for i in instructions])
    program = _Program(len(instructions), filters)
    _prctl(libc, _PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), "no_new_privs")
    _prctl(libc, _PR_SET_SECCOMP, ctypes.c_ulong(_SECCOMP_MODE_FILTER), "seccomp", ctypes.byref(program))


def _prctl(libc: ctypes.CDLL, option: int, value: ctypes.c_ulong, name: str, pointer: object = None) -> None:
    argument = pointer if pointer is not None else ctypes.c_ulong(0)
    if libc.prctl(ctypes.c_int(option), value, argument, ctypes.c_ulong(0), ctypes.c_ulong(0)) != 0:
        raise LockError(f"{name}: {os.strerror(ctypes.get_errno())}")


def _instructions() -> list[_Instruction]:
    if _COLUMN is None:
        raise LockError(f"no system-call table for {platform.machine()}")
    refuse = _Instruction(_RETURN, _ERRNO | errno.EPERM)
    allow = _Instruction(_RETURN, _ALLOW)
    program = [
        _Instruction(_LOAD_WORD, _ARCHITECTURE),
        _Instruction(_JUMP_EQUAL, _AUDIT_ARCH[_COLUMN], if_true=1),
        _Instruction(_RETURN, _KILL),
        _Instruction(_LOAD_WORD, _NUMBER),
    ]
    for numbers in ALLOWED.values():
        number = numbers[_COLUMN]
        if number is not None:
            program += [_Instruction(_JUMP_EQUAL, number, if_false=1), allow]
    program += [
        _Instruction(_JUMP_EQUAL, _CLONE3[_COLUMN], if_false=1),
        _Instruction(_RETURN, _ERRNO | errno.ENOSYS),
        _Instruction(_JUMP_EQUAL, _SELF_SIGNAL[_COLUMN], if_false=3),
        _Instruction(_LOAD_WORD, _FIRST_ARGUMENT),
        _Instruction(_JUMP_EQUAL, os.getpid(), if_false=1),
        allow,
        refuse,
    ]
    return program
