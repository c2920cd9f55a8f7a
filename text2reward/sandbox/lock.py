"""Locking the reward process before it sees the program's first byte."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from collections.abc import Iterable

from text2reward.sandbox import SandboxMode, kernel, landlock, seatbelt, seccomp, self_test
from text2reward.sandbox.kernel import LockError
from text2reward.sandbox.tier import Lock


def lock(mode: SandboxMode, keep: Iterable[int], memory_bytes: int, cpu_s: int) -> Lock:
    """Close what is open, limit what can be used, apply the best lock there is, and try to break it.

    Args:
        mode: ``auto``, ``strict`` to insist on tier A, or ``off`` for tier D.
        keep: descriptors that stay open.
        memory_bytes: address space the process may add to what it has now.
        cpu_s: processor time it may use; the wall clock is its parent's business.

    Returns:
        What holds now.

    Raises:
        LockError: no lock that ``mode`` accepts can be had, or something forbidden still works.
    """
    parent = os.getppid()
    os.umask(0o077)
    os.chdir("/")
    _first_to_die()
    _only_descriptors(set(keep))
    _limits(memory_bytes, cpu_s)
    kernel.drop_capabilities()
    kernel.no_core_dumps()
    kernel.no_new_privileges()
    if mode == "off":
        return Lock("D", "a process of its own with resource limits only", "switched off with --sandbox off")
    held = _macos() if sys.platform == "darwin" else _linux()
    self_test.must_fail(self_test.everything(parent))
    if mode == "strict" and held.tier != "A":
        raise LockError(f"--sandbox strict asks for tier A, and there is only tier {held.tier}: {held.why_not_better}")
    return held


def _linux() -> Lock:
    version, missing = 0, ""
    try:
        version = landlock.deny_all()
    except LockError as error:
        missing = str(error)
    else:
        self_test.must_fail(self_test.files())  # now, while nothing but Landlock could refuse
    seccomp.seal()
    if missing:
        return Lock("B", "sealed by seccomp alone", missing)
    return Lock("A", f"Landlock (ABI {version}) and sealed by seccomp")


def _macos() -> Lock:
    seatbelt.deny_all()
    return Lock("C", "a macOS sandbox profile, which is not tested", "Landlock and seccomp are Linux's")


def _only_descriptors(keep: set[int]) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    first = 3
    for fd in [*sorted(keep), 1 << 16]:
        os.closerange(first, fd)
        first = fd + 1


def _first_to_die() -> None:
    """When the machine's memory runs out, the kernel shall take this process before any other."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "wb") as file:
        file.write(b"1000")


def _limits(memory_bytes: int, cpu_s: int) -> None:
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_MEMLOCK: 0,
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
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[0]) * resource.getpagesize()
