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

from text2reward.sandbox import kernel
from text2reward.sandbox.kernel import LockError

_X86, _ARM = 0, 1
COLUMN = {"x86_64": _X86, "aarch64": _ARM}.get(platform.machine())
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
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "sched_yield": (24, 124),
    "getcpu": (309, 168),
    "nanosleep": (35, 101),
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

_SELF = -1  # stands for this process's number
_CLOCKS = tuple(range(12))  # those of the machine and of the caller; other processes' have negative numbers
_ADVICE = (0, 1, 2, 3, 4, 8, 10, 14, 15, 16, 17)  # none that takes pages from others or from the machine

# name: (x86-64, aarch64), which argument, what it may be
GUARDED: dict[str, tuple[tuple[int, int], int, tuple[int, ...]]] = {
    "tgkill": ((234, 131), 0, (_SELF,)),  # abort() uses it
    "sched_getaffinity": ((204, 123), 0, (0, _SELF)),
    "clock_gettime": ((228, 113), 0, _CLOCKS),
    "clock_getres": ((229, 114), 0, _CLOCKS),
    "clock_nanosleep": ((230, 115), 0, _CLOCKS),
    "madvise": ((28, 233), 2, _ADVICE),
}
_CLONE3 = (435, 435)  # glibc falls back to clone, which is refused, only when this is unknown

_X32 = 0x40000000  # x86-64's other numbers for the same calls begin here

LOAD_WORD, JUMP_EQUAL, JUMP_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # in struct seccomp_data; each argument takes eight bytes

_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2


@dataclass(frozen=True)
class Instruction:
    """One step of a filter: what the kernel does with a system call (``include/uapi/linux/filter.h``)."""

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


def seal() -> None:
    """Give up every system call that is not on the list, for ever. One thread must be running.

    Raises:
        LockError: the kernel refuses, or the architecture is not known.
    """
    install(_instructions())


def install(instructions: list[Instruction]) -> None:
    """Have the kernel ask this filter about every system call from now on; it cannot be taken back.

    Raises:
        LockError: the kernel refuses.
    """
    filters = (_Filter * len(instructions))(*[_Filter(i.code, i.if_true, i.if_false, i.value) for i in instructions])
    program = _Program(len(instructions), filters)
    try:
        kernel.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program))
    except OSError as error:
        raise LockError(f"seccomp: {error.strerror}") from error


def _instructions() -> list[Instruction]:
    if COLUMN is None:
        raise LockError(f"seccomp: no system-call table for {platform.machine()}")
    refuse = Instruction(RETURN, ERRNO | errno.EPERM)
    allow = Instruction(RETURN, ALLOW)
    program = [
        Instruction(LOAD_WORD, _ARCHITECTURE),
        Instruction(JUMP_EQUAL, _AUDIT_ARCH[COLUMN], if_true=1),
        Instruction(RETURN, KILL),
        Instruction(LOAD_WORD, NUMBER),
    ]
    if COLUMN == _X86:
        program += [Instruction(JUMP_AT_LEAST, _X32, if_false=1), Instruction(RETURN, KILL)]
    for numbers in ALLOWED.values():
        number = numbers[COLUMN]
        if number is not None:
            program += [Instruction(JUMP_EQUAL, number, if_false=1), allow]
    for guarded, argument, values in GUARDED.values():
        checks = [Instruction(LOAD_WORD, _ARGUMENTS + 8 * argument)]
        for value in values:
            checks += [Instruction(JUMP_EQUAL, os.getpid() if value == _SELF else value, if_false=1), allow]
        program += [Instruction(JUMP_EQUAL, guarded[COLUMN], if_false=len(checks) + 1), *checks, refuse]
    program += [
        Instruction(JUMP_EQUAL, _CLONE3[COLUMN], if_false=1),
        Instruction(RETURN, ERRNO | errno.ENOSYS),
        refuse,
    ]
    return program
