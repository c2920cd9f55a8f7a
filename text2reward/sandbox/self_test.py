"""The reward process tries what is forbidden to it; if anything works, it does not start."""

from __future__ import annotations

import os
import platform
import socket
import sys
from collections.abc import Callable
from typing import Any

from text2reward.sandbox import kernel
from text2reward.sandbox.kernel import LockError

Attempt = Callable[[], Any]

_CALLS = {  # x86-64, aarch64
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "io_uring_setup": (425, 425),
    "bpf": (321, 280),
    "unshare": (272, 97),
    "shmget": (29, 194),
}
_PTRACE_ATTACH = 16
_NOTHING_LISTENS = ("127.0.0.1", 9)


def must_fail(attempts: dict[str, Attempt]) -> None:
    """Try everything.

    Raises:
        LockError: names what was not refused.
    """
    works = [name for name, attempt in attempts.items() if not _refused(attempt)]
    if works:
        raise LockError(f"self-test: {', '.join(works)} still works after locking")


def files() -> dict[str, Attempt]:
    """What Landlock forbids by itself, tried on what every machine has."""
    return {
        "opening a folder": lambda: os.open("/", os.O_RDONLY),
        "reading a file": lambda: os.open(os.devnull, os.O_RDONLY),
        "writing to a file": lambda: os.open(os.devnull, os.O_WRONLY),
    }


def everything(parent: int) -> dict[str, Attempt]:
    """What no tier above D may leave open. ``parent`` is any process outside."""
    attempts: dict[str, Attempt] = {
        **files(),
        "making a folder": lambda: os.mkdir(f"/tmp/text2reward-self-test-{os.getpid()}"),
        "an internet connection": _connect,
        "starting a process": _fork,
        "running a program": lambda: os.execv("/bin/sh", ["sh", "-c", "exit"]),
        "signalling another process": lambda: os.kill(parent, 0),
    }
    if sys.platform == "linux":
        attempts |= {
            "an internet socket": lambda: socket.socket(socket.AF_INET),
            "a local socket": lambda: socket.socket(socket.AF_UNIX),
            "a pipe": os.pipe,
            "an anonymous file": lambda: os.memfd_create("probe"),
            "tracing another process": lambda: _call("ptrace", _PTRACE_ATTACH, parent),
            "reading another process's memory": lambda: _call("process_vm_readv", parent),
            "io_uring": lambda: _call("io_uring_setup", 1),
            "bpf": lambda: _call("bpf"),
            "a namespace": lambda: _call("unshare"),
            "shared memory": lambda: _call("shmget"),
        }
    return attempts


def _refused(attempt: Attempt) -> bool:
    try:
        attempt()
    except OSError as error:
        return error.errno in kernel.REFUSALS
    return False


def _call(name: str, *arguments: int) -> int:
    return kernel.call(_CALLS[name][platform.machine() == "aarch64"], *arguments, *[0] * (6 - len(arguments)))


def _connect() -> None:
    with socket.socket(socket.AF_INET) as outside:
        outside.connect(_NOTHING_LISTENS)


def _fork() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
