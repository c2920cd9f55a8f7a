"""The server's side of :mod:`text2reward.sandbox.fork_server`; runs in the fork server's process only."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

_PR_SET_PDEATHSIG = 1
_MAX_FDS = 16

Target = Callable[[dict[str, Any], list[int]], None]


def serve(start: dict[str, Any]) -> NoReturn:
    """Import what was asked for, then fork a child per request until the asker is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    module, _, name = start["target"].partition(":")
    target: Target = getattr(importlib.import_module(module), name)
    for preloaded in start["preload"]:
        importlib.import_module(preloaded)
    control = socket.socket(fileno=start["fd"])
    if start["strict"] and _threads() > 1:
        raise SystemExit(f"{_threads()} threads are running after the imports; a forked child could hang")
    wakeup, waker = socket.socketpair()
    wakeup.setblocking(False)
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: dict[int, socket.socket] = {}
    selector = selectors.DefaultSelector()
    selector.register(control, selectors.EVENT_READ)
    selector.register(wakeup, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is control:
                if not _answer(control, target, children, [selector, wakeup, waker]):
                    _end(children)
            else:
                with contextlib.suppress(BlockingIOError):
                    wakeup.recv(4096)
        _reap(children)


def _answer(control: socket.socket, target: Target, children: dict[int, socket.socket], own: list[Any]) -> bool:
    """Serve one request; False when the asker is gone."""
    header, fds, _, _ = socket.recv_fds(control, 4, _MAX_FDS)
    if len(header) < 4:
        return False
    request = json.loads(_receive(control, int.from_bytes(header, "big")))
    ours, theirs = socket.socketpair()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _run_child(target, request, fds, [control, ours, theirs, *children.values(), *own])
    for fd in fds:
        os.close(fd)
    reply_fds = [theirs.fileno()]
    try:
        pidfd = os.pidfd_open(pid)
        reply_fds.append(pidfd)
    except (AttributeError, OSError):
        pidfd = -1
    socket.send_fds(control, [json.dumps({"pid": pid}).encode()], reply_fds)
    theirs.close()
    if pidfd >= 0:
        os.close(pidfd)
    children[pid] = ours
    return True


def _run_child(target: Target, request: dict[str, Any], fds: list[int], inherited: list[Any]) -> None:
    code = 1
    try:
        die_with_parent()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for thing in inherited:
            thing.close()
        os.setsid()
        target(request, fds)
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent dies (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _receive(control: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        chunk = control.recv(size - len(data))
        if not chunk:
            raise SystemExit("the request was cut off")
        data += chunk
    return data


def _reap(children: dict[int, socket.socket]) -> None:
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        channel = children.pop(pid, None)
        if channel is None:
            continue  # a child of some library
        with contextlib.suppress(OSError):
            channel.send(str(os.waitstatus_to_exitcode(status)).encode())
        channel.close()


def _end(children: dict[int, socket.socket]) -> NoReturn:
    """The asker is gone: kill the children and stop, without the second that tearing down the libraries takes."""
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    os._exit(0)


def _threads() -> int:
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 1
