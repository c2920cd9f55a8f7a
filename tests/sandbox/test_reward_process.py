from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import toy

from text2reward.errors import SandboxError
from text2reward.sandbox import fork_server, reward_process
from text2reward.sandbox.dynamic_checks import DynamicChecks
from text2reward.sandbox.reward_process import Limits, RewardFault
from text2reward.sandbox.reward_server import RewardServer

LAYOUT = toy.TASK.layout


def process(rewards: RewardServer, source: str, **limits: float):
    started = rewards.process(LAYOUT, 3, 256, Limits(**limits) if limits else None)
    started.load(source)
    return started


def inputs(rows: int = 64) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return tuple(rng.normal(size=(rows, size)).astype(np.float32) for size in (6, 3, 6))


def fault(rewards: RewardServer, source: str, **limits: float):
    started = rewards.process(LAYOUT, 3, 256, Limits(**limits) if limits else None)
    try:
        started.load(source)
        started(*inputs())
    except RewardFault as error:
        return error.finding
    finally:
        started.close()
    raise AssertionError("the program did no harm")


def body(*lines: str) -> str:
    return "import torch\ndef compute_reward(state, action, prev):\n" + "\n".join(f"    {line}" for line in lines)


def test_terms_come_back_as_the_program_computes_them(rewards):
    prev, action, state = inputs()
    running = process(rewards, toy.REACH)
    terms = running(prev, action, state)
    distance = np.linalg.norm(state[:, :3] - state[:, 3:], axis=1)
    before = np.linalg.norm(prev[:, :3] - prev[:, 3:], axis=1)
    assert list(terms) == ["near", "nearer"]
    assert terms["near"] == pytest.approx(1 - np.tanh(2 * distance), abs=1e-5)
    assert terms["nearer"] == pytest.approx(5 * (before - distance), abs=1e-5)
    running.close()


def test_batches_above_the_capacity_are_cut_up(rewards):
    running = process(rewards, toy.REACH)
    whole = inputs(700)
    terms = running(*whole)
    assert terms["near"].shape == (700,)
    assert np.array_equal(terms["near"][600:650], running(*(array[600:650] for array in whole))["near"])
    running.close()


FAULTS = {
    "raises": (body('return {"a": state.robot.ee_pos @ state.robot.ee_pos}'), "raised", 3),
    "unknown attribute": (body("robot = state.robot", 'return {"a": robot.eepos}'), "raised", 4),
    "branch": (body("x = action[:, 0]", "if x > 0:", "    x = -x", 'return {"a": x}'), "branch", 4),
    "not finite": (body('return {"a": torch.log(action[:, 0] - 100)}'), "not-finite", None),
    "shape": (body('return {"a": state.robot.ee_pos.sum()}'), "term-shape", None),
    "dtype": (body('return {"a": action[:, 0] > 0}'), "term-dtype", None),
    "float": (body('return {"a": 1.0}'), "term-type", None),
    "no dict": (body("return action[:, 0]"), "not-terms", None),
    "no terms": (body("return {}"), "not-terms", None),
    "nothing": (body("pass"), "not-terms", None),
    "term name": (body('return {"a b": action[:, 0]}'), "term-name", None),
    "no program": ("x = 1", "no-entry", None),
    "syntax": ("def f(:", "syntax", 1),
    "import": ("import subprocess\n" + body("return {}"), "raised", 1),
    "memory": (body('return {"a": torch.zeros(10**10)}'), "memory", 3),
    "read-only": (body("state.robot = 1", 'return {"a": action[:, 0]}'), "raised", 3),
    "abort": (body("torch.serialization.os.abort()"), "crash", None),
    "exit": (body("torch.serialization.os._exit(0)"), "crash", None),
    "recursion": (body("return compute_reward(state, action, prev)"), "raised", 3),
}


@pytest.mark.parametrize(("source", "name", "line"), FAULTS.values(), ids=FAULTS)
def test_a_failure_is_a_finding_with_a_name_and_a_line(rewards, source, name, line):
    finding = fault(rewards, source)
    assert finding.name == name, finding
    assert line is None or finding.line == line


@pytest.mark.parametrize(
    "source", [body("while True:", "    pass"), body("return 9**9**9")], ids=["loop", "one C call"]
)
def test_a_program_that_hangs_is_killed(rewards, source):
    began = time.monotonic()
    assert fault(rewards, source, call_s=0.5).name == "timeout"
    assert time.monotonic() - began < 5


def test_a_program_that_hangs_while_loading_is_killed(rewards):
    assert fault(rewards, "x = 9**9**9\n" + toy.REACH, load_s=0.5).name == "timeout"


def test_other_processes_go_on_after_one_was_killed(rewards):
    good = process(rewards, toy.REACH)
    fault(rewards, body("while True:", "    pass"), call_s=0.2)
    assert good(*inputs())["near"].shape == (64,)
    good.close()


def test_a_process_that_is_killed_from_outside_is_put_in_anothers_place_once(rewards):
    running = process(rewards, toy.REACH)
    expected = running(*inputs())["near"]
    first = running._child.pid
    os.kill(first, signal.SIGKILL)
    assert np.array_equal(running(*inputs())["near"], expected)
    assert running._child.pid != first
    os.kill(running._child.pid, signal.SIGKILL)
    with pytest.raises(RewardFault, match="was killed") as death:
        running(*inputs())
    assert death.value.killed
    running.close()


@pytest.mark.parametrize("call", [1, 2, 3])
def test_checks_find_the_same_whichever_call_their_process_is_killed_in(rewards, bank, call):
    """A program that writes its inputs, so that a call that is made anew must get them anew."""
    source = toy.REACH.replace("    distance", "    state.goal.pos.zero_()\n    distance", 1)
    whole = process_of_bank(rewards, bank, source)
    expected = DynamicChecks(whole, bank, LAYOUT, source).findings()
    whole.close()
    killed = process_of_bank(rewards, bank, source)
    real, calls = killed._ask, iter(range(1, 1000))

    def ask(*words):
        if next(calls) == call:
            os.kill(killed._child.pid, signal.SIGKILL)
        return real(*words)

    killed._ask = ask
    assert DynamicChecks(killed, bank, LAYOUT, source).findings() == expected
    assert [finding.name for finding in expected] == ["inputs-changed"]
    assert killed.restarts == (1 if next(calls) > call else 0)
    killed.close()


def test_a_process_that_is_killed_before_it_is_ready_is_started_once_more(rewards, monkeypatch):
    real, killed = rewards._server.fork, []

    def fork(*words):
        child = real(*words)
        if len(killed) < most:
            killed.append(child.pid)
            os.kill(child.pid, signal.SIGKILL)
        return child

    monkeypatch.setattr(rewards._server, "fork", fork)
    most = 1
    started = rewards.process(LAYOUT, 3, 8)
    started.load(toy.REACH)
    started.close()
    assert len(killed) == 1
    most = 3
    with pytest.raises(SandboxError, match=r"did not start \(exit code -9\)"):
        rewards.process(LAYOUT, 3, 8)


def process_of_bank(rewards: RewardServer, bank, source: str):
    started = rewards.process(LAYOUT, 3, len(bank))
    started.load(source)
    return started


def test_terms_must_keep_their_names(rewards):
    source = body("n = 'a' if len(action) > 20 else 'b'", "return {n: action[:, 0]}")
    running = process(rewards, source)
    running(*inputs(64))
    with pytest.raises(RewardFault, match="term-names-change"):
        running(*inputs(8))
    running.close()


CANARY = "/tmp/text2reward-test-canary"
REACHING_OUT = {
    "read": f"os.open('{CANARY}', 0)",
    "write": f"os.open('{CANARY}-new', os.O_CREAT | os.O_WRONLY)",
    "remove": f"os.unlink('{CANARY}')",
    "rename": f"os.rename('{CANARY}', '{CANARY}-new')",
    "list": "os.listdir('/')",
    "link": f"os.symlink('{CANARY}', '{CANARY}-new')",
    "run": f"os.system('touch {CANARY}-new')",
    "exec": "os.execv('/bin/true', ['true'])",
    "fork": "os.fork()",
    "kill": "os.kill(os.getppid(), 9)",
    "pipe": "os.pipe()",
    "memfd": "os.memfd_create('x')",
}


@pytest.mark.parametrize("attempt", REACHING_OUT.values(), ids=REACHING_OUT)
def test_the_lock_holds_without_the_static_check(rewards, attempt):
    canary = Path(CANARY)
    canary.write_text("alive")
    running = process(rewards, body("os = torch.serialization.os", f"x = {attempt}", "return {'a': action[:, 0]}"))
    with contextlib.suppress(RewardFault):  # some calls only return -1
        running(*inputs())
    running.close()
    process(rewards, toy.REACH).close()  # the server still forks
    assert canary.read_text() == "alive"
    assert not Path(f"{CANARY}-new").exists()
    canary.unlink()


def test_no_socket_can_be_opened(rewards):
    source = body("import_ = torch.serialization.__builtins__['__import__']", "import_('socket').socket()", "return {}")
    finding = fault(rewards, source)
    assert "Operation not permitted" in finding.message


def test_the_process_holds_no_key_and_no_descriptor_of_ours(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-in-the-environment")
    secret = Path("/tmp/text2reward-test-secret")
    secret.write_text("x")
    monkeypatch.setattr(fork_server, "_shared", {})
    server = RewardServer()
    with secret.open() as file:
        running = server.process(LAYOUT, 3, 64)
        child = psutil.Process(running._child.pid)
        environment = Path(f"/proc/{child.pid}/environ").read_bytes()
        links = {os.readlink(f"/proc/{child.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{child.pid}/fd")}
        threads = child.num_threads()
        assert not file.closed  # or the child could not have inherited it
        running.close()
    server._server.close()
    secret.unlink()
    assert b"canary" not in environment
    assert {link for link in links if not link.startswith("socket:")} == {"/dev/null"}
    assert len([link for link in links if link.startswith("socket:")]) == 1
    assert threads == 1


def test_the_parent_believes_nothing_about_term_names(rewards):
    started = rewards.process(LAYOUT, 3, 64)
    for names in (
        None,
        [],
        "near",
        ["a"] * 2,
        ["a b"],
        ["__proto__"],
        ["x" * 41],
        [1],
        ["\u200b"],
        [f"t{i}" for i in range(40)],
    ):
        with pytest.raises(RewardFault, match="protocol"):
            started._check_names(names)
    started.close()


def test_a_flood_is_cut_off(rewards):
    # The channel is the only socket the process holds; find it and announce more than any message may have.
    source = body(
        "os = torch.serialization.os",
        "for fd in range(3, 64):",
        "    try:",
        "        os.write(fd, b'\\xff' * 8)",
        "    except os.error:",
        "        pass",
        "return {'a': action[:, 0]}",
    )
    assert fault(rewards, source).name == "flood"


def test_one_value_too_large_for_training_is_a_fault(rewards):
    """Every rollout is looked at, not only the bank."""
    for expression in ("3e38 + 0 * action[:, 0]", "torch.where(state.robot.ee_pos[:, 0] > 0, 1e7, 0.0)"):
        found = fault(rewards, body(f"return {{'a': {expression}, 'b': {expression}}}"))
        assert found.name == "magnitude"
        assert "mostly by a" in found.message


def test_a_process_that_is_always_nearly_too_slow_is_stopped(rewards, monkeypatch):
    monkeypatch.setattr(reward_process, "PATIENCE_S", 0.5)
    source = body("x = torch.zeros(1200, 1200)", "return {'a': action[:, 0] + (x @ x @ x @ x)[0, 0]}")
    running = process(rewards, source)
    zeros = np.zeros((4, 6), dtype=np.float32)

    def go_on():
        for _ in range(50):
            running(zeros, zeros[:, :3], zeros)

    with pytest.raises(RewardFault, match="too-slow"):
        go_on()
    assert not running.alive
    running.close()


def test_processor_time_is_counted_by_the_kernel_and_sleep_is_none(rewards):
    running = process(
        rewards, body("x = torch.zeros(1200, 1200)", "return {'a': action[:, 0] + (x @ x @ x @ x @ x)[0, 0]}")
    )
    before = running.cpu_s()
    time.sleep(0.2)
    idle = running.cpu_s() - before
    running(*inputs())
    assert idle < 0.05 < running.cpu_s() - before
    running.close()


def test_a_closed_process_is_gone(rewards):
    running = process(rewards, toy.REACH)
    pid = running._child.pid
    running.close()
    deadline = time.monotonic() + 5
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not psutil.pid_exists(pid)


def test_descriptors_are_given_back(rewards):
    process(rewards, toy.REACH).close()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        process(rewards, toy.REACH).close()
    assert len(os.listdir("/proc/self/fd")) == before
