"""Locking the reward process before it sees the program's first byte."""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import socket
import sys
from collections.abc import Callable, Iterable
from typing import Any

from text2reward.sandbox import seccomp

SEALED, LIMITS_ONLY = "sealed", "limits"


def lock(level: str, keep: Iterable[int], memory_bytes: int, cpu_s: int) -> None:
    """Close what is open, limit what can be used, and seal the process.

    Args:
        level: ``sealed``, or ``limits`` where the person has switched the lock off.
        keep: descriptors that stay open.
        memory_bytes: address space the process may add to what it has now.
        cpu_s: processor time it may use; the wall clock is its parent's business.

    Raises:
        seccomp.LockError: the kernel refuses, or something forbidden still works.
    """
    os.umask(0o077)
    os.chdir("/")
    _only_descriptors(set(keep))
    _limits(memory_bytes, cpu_s)
    if level == LIMITS_ONLY:
        return
    forbidden = _forbidden(os.getppid())
    seccomp.seal()
    works = [name for name, attempt in forbidden if _succeeds(attempt)]
    if works:
        raise seccomp.LockError(f"self-test: {', '.join(works)} still works after locking")


def _only_descriptors(keep: set[int]) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    first = 3
    for fd in [*sorted(keep), 1 << 16]:
        os.closerange(first, fd)
        first = fd + 1


def _limits(memory_bytes: int, cpu_s: int) -> None:
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_CPU: cpu_s,
    }
    if sys.platform == "linux":
        limits[resource.RLIMIT_AS] = _address_space() + memory_bytes
    for which, value in limits.items():
        _, hard = resource.getrlimit(which)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(which, (value, value))


def _address_space() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def _succeeds(attempt: Callable[[], Any]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _forbidden(parent: int) -> list[tuple[str, Callable[[], Any]]]:
    return [
        ("opening a file", lambda: os.open("/", os.O_RDONLY)),
        ("making a folder", lambda: os.mkdir("/tmp/text2reward-self-test")),
        ("an internet socket", lambda: socket.socket(socket.AF_INET)),
        ("a local socket", lambda: socket.socket(socket.AF_UNIX)),
        ("starting a process", _fork),
        ("running a program", lambda: os.execv("/bin/true", ["true"])),
        ("signalling another process", lambda: os.kill(parent, 0)),
        ("tracing another process", lambda: _raw_call({"x86_64": 101, "aarch64": 117}, 16, parent)),
        ("reading another process's memory", lambda: _raw_call({"x86_64": 310, "aarch64": 270}, parent)),
        ("an anonymous file", lambda: os.memfd_create("probe")),
        ("io_uring", lambda: _raw_call({"x86_64": 425, "aarch64": 425}, 1)),
    ]


def _fork() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _raw_call(numbers: dict[str, int], *arguments: int) -> None:
    """One system call by number. Only EPERM, the filter's own answer, counts as refused."""
    libc = ctypes.CDLL(None, use_errno=True)
    padded = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    result = libc.syscall(ctypes.c_long(numbers[os.uname().machine]), *map(ctypes.c_long, padded))
    if result < 0 and ctypes.get_errno() == errno.EPERM:
        raise PermissionError
