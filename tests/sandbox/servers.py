"""Reward servers that differ from the session's: another kernel, as it seems, or another user."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from text2reward.sandbox import SandboxMode, fork_server
from text2reward.sandbox.reward_server import RewardServer

NOBODY = """
import os
from text2reward.sandbox import fork_server_main
as_root = fork_server_main._run_child
def as_nobody(*arguments):
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
    as_root(*arguments)
fork_server_main._run_child = as_nobody
"""
"""Run in a fork server of root's: its children belong to a user without any rights."""


_BOOTSTRAP = fork_server._BOOTSTRAP


@contextlib.contextmanager
def server(changed: str = "", mode: SandboxMode = "auto") -> Iterator[RewardServer]:
    """A reward server of its own; ``changed`` is run in it before it serves."""
    with pytest.MonkeyPatch.context() as patch:
        start = f"exec({changed!r}, {{}}); serve(request)"
        patch.setattr(fork_server, "_BOOTSTRAP", _BOOTSTRAP.replace("serve(request)", start))
        patch.setattr(fork_server, "_shared", {})
        rewards = RewardServer(mode)
        try:
            yield rewards
        finally:
            rewards._server.close()
