"""Where reward processes come from."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from text2reward.envs.field import Field, StateLayout
from text2reward.errors import SandboxError
from text2reward.sandbox import SandboxMode
from text2reward.sandbox.environment import sandbox_environment
from text2reward.sandbox.fork_server import Child, ForkServer
from text2reward.sandbox.reward_process import KilledEarly, Limits, RewardProcess
from text2reward.sandbox.shared_arrays import Shape, make_block
from text2reward.sandbox.tier import Lock

CPU_S = 24 * 3600


class RewardServer:
    """Forks reward processes; torch is imported once per process of ours, however many servers there are.

    Args:
        mode: how every process is locked.
    """

    def __init__(self, mode: SandboxMode = "auto") -> None:
        self.mode = mode
        self._lock: Lock | None = None
        self._server = ForkServer.shared(
            "text2reward.sandbox.reward_process_main:main",
            preload=[],
            environment=sandbox_environment(),
            strict=True,
        )

    def start(self) -> None:
        """Start importing; :meth:`process` waits for the end of it."""
        self._server.start()

    def lock(self) -> Lock:
        """What holds the processes of this server: starts one, the first time, to see.

        Raises:
            SandboxError: they cannot be locked here.
        """
        if self._lock is None:
            process, self._lock = self._start(
                StateLayout([Field("robot.x", (), "m", "x")]), action_size=1, rows=1, limits=Limits()
            )
            process.close()
        return self._lock

    def process(
        self, layout: StateLayout, action_size: int, rows: int, limits: Limits | None = None, dialect: str = "native"
    ) -> RewardProcess:
        """A fresh, locked process without a program.

        Args:
            rows: most transitions it is handed at once.
            dialect: that of the programs it is to load.

        Raises:
            SandboxError: it cannot be locked here.
        """
        return self._start(layout, action_size, rows, limits or Limits(), dialect)[0]

    def _start(
        self, layout: StateLayout, action_size: int, rows: int, limits: Limits, dialect: str = "native"
    ) -> tuple[RewardProcess, Lock]:
        """A process that is ready; one that was killed before it was is started once more."""
        try:
            return self._started(layout, action_size, rows, limits, dialect)
        except KilledEarly:
            return self._started(layout, action_size, rows, limits, dialect)

    def _started(
        self, layout: StateLayout, action_size: int, rows: int, limits: Limits, dialect: str
    ) -> tuple[RewardProcess, Lock]:
        shape = Shape(rows, layout.size, action_size)
        block = make_block(shape)
        request = {
            "shape": asdict(shape),
            "layout": layout.to_json(),
            "dialect": dialect,
            "lock": self.mode,
            "memory_bytes": limits.memory_bytes,
            "cpu_s": CPU_S,
        }

        def forked() -> tuple[int, Child]:
            return self._forked(request, block)

        try:
            fd, child = forked()
        except SandboxError:
            os.close(block)
            raise
        process = RewardProcess(fd, block, shape, child, limits, forked)
        try:
            return process, process.await_ready()
        except SandboxError:
            process.close()
            raise

    def _forked(self, request: Mapping[str, Any], block: int) -> tuple[int, Child]:
        """A process over a block of shared arrays, and the channel to it."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        try:
            child = self._server.fork(request, [theirs.fileno(), block])
        except SandboxError:
            ours.close()
            raise
        finally:
            theirs.close()
        return ours.detach(), child
