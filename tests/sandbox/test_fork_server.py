from __future__ import annotations

import contextlib
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from text2reward.errors import SandboxError
from text2reward.sandbox.environment import sandbox_environment, trainer_environment
from text2reward.sandbox.fork_server import ForkServer

HERE = str(Path(__file__).parent)


@pytest.fixture
def running() -> Iterator[ForkServer]:
    with contextlib.closing(ForkServer("fork_target:main", [], sandbox_environment(), path=[HERE])) as server:
        yield server


def ask(running: ForkServer, what: str):
    ours, theirs = socket.socketpair()
    child = running.fork({"what": what}, [theirs.fileno()])
    theirs.close()
    return ours, child


def test_a_child_gets_the_request_and_the_descriptors(running):
    ours, child = ask(running, "echo")
    assert ours.recv(100) == b"echo"
    assert child.wait(10) == 0
    child.close()
    ours.close()


@pytest.mark.parametrize(("what", "status"), [("exit 3", 3), ("abort", -signal.SIGABRT), ("raise", 1)])
def test_the_exit_status_of_a_child_is_told(running, what, status):
    ours, child = ask(running, what)
    assert child.wait(10) == status
    child.close()
    ours.close()


def test_a_child_can_be_killed(running):
    ours, child = ask(running, "sleep")
    assert child.wait(0.05) is None
    child.kill()
    assert child.wait(10) == -signal.SIGKILL
    child.close()
    ours.close()


def test_children_die_with_the_server_and_the_server_with_its_starter(running):
    ours, child = ask(running, "sleep")
    assert running._process is not None
    pids = [child.pid, running._process.pid]
    running._control.close()  # what happens when the starter is killed
    deadline = time.monotonic() + 10
    while any(psutil.pid_exists(p) and psutil.Process(p).status() != "zombie" for p in pids):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    child.close()
    ours.close()


def test_a_server_that_was_killed_is_started_once_more(running):
    for _ in range(2):
        ours, child = ask(running, "echo")
        assert ours.recv(100) == b"echo"
        assert child.wait(10) == 0
        child.close()
        ours.close()
        running._process.kill()


def test_a_target_that_does_not_exist_is_an_error_with_its_cause():
    broken = ForkServer("no_such_module:main", [], sandbox_environment())
    with contextlib.closing(broken), pytest.raises(SandboxError, match="No module named 'no_such_module'"):
        broken.fork({})


def test_no_key_reaches_the_environments(monkeypatch):
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "MY_SECRET", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "canary")
    assert "canary" not in sandbox_environment().values()
    assert "canary" not in trainer_environment().values()


def test_the_server_does_not_see_the_starters_environment(running, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    ours, child = ask(running, "environment")
    assert b"sk-canary" not in ours.recv(100_000)
    assert b"sk-canary" not in Path(f"/proc/{running._process.pid}/environ").read_bytes()
    child.wait(10)
    child.close()
    ours.close()


def test_a_strict_server_refuses_to_fork_with_threads():
    strict = ForkServer("fork_target:main", ["fork_with_thread"], sandbox_environment(), path=[HERE], strict=True)
    with contextlib.closing(strict), pytest.raises(SandboxError, match="threads are running"):
        strict.fork({"what": "echo"})
