from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import toy
from servers import server

from text2reward.errors import SandboxError
from text2reward.sandbox import landlock
from text2reward.sandbox.kernel import LockError
from text2reward.sandbox.reward_process import RewardFault

LAYOUT = toy.TASK.layout
HERE = Path(__file__).parent

NO_LANDLOCK = """
def missing():
    from text2reward.sandbox.kernel import LockError
    raise LockError("Landlock is not available: not in this test")
from text2reward.sandbox import landlock
landlock.deny_all = missing
"""
NO_SECCOMP = """
def missing():
    from text2reward.sandbox.kernel import LockError
    raise LockError("seccomp: not in this test")
from text2reward.sandbox import seccomp
seccomp.seal = missing
"""


TELLS_DUMPABLE = """
import ctypes
from text2reward.sandbox import kernel
def tell():
    raise kernel.LockError("dumpable is " + str(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)))
kernel.no_new_privileges = tell
"""


def has_landlock() -> bool:
    try:
        return landlock.abi() > 0
    except LockError:
        return False


needs_landlock = pytest.mark.skipif(not has_landlock(), reason="this kernel has no Landlock")


@needs_landlock
@pytest.mark.parametrize("mode", ["auto", "strict"])
def test_tier_a_is_taken_where_there_is_landlock(mode):
    with server("", mode) as rewards:
        lock = rewards.lock()
    assert (lock.tier, lock.why_not_better) == ("A", "")
    assert lock.line == f"tier A: Landlock (ABI {landlock.abi()}) and sealed by seccomp"


def test_without_landlock_the_process_is_sealed_all_the_same_and_says_what_is_missing():
    with server(NO_LANDLOCK, "auto") as rewards:
        assert rewards.lock().line == "tier B: sealed by seccomp alone (Landlock is not available: not in this test)"


def test_strict_refuses_tier_b():
    with (
        server(NO_LANDLOCK, "strict") as rewards,
        pytest.raises(SandboxError, match="strict asks for tier A, and there is only tier B: Landlock"),
    ):
        rewards.lock()


@pytest.mark.parametrize("mode", ["auto", "strict"])
def test_without_seccomp_nothing_starts_and_the_flag_is_named(mode):
    with (
        server(NO_SECCOMP, mode) as rewards,
        pytest.raises(SandboxError, match=r"seccomp: not in this test.*--sandbox off"),
    ):
        rewards.lock()


def test_off_is_a_process_of_its_own_with_limits():
    with server(NO_SECCOMP + NO_LANDLOCK, "off") as rewards:
        assert rewards.lock().tier == "D"
        process = rewards.process(LAYOUT, 3, 64)
        process.load(toy.REACH.replace("    return", "    x = torch.zeros(10**10)\n    return"))
        zeros = np.zeros((4, 6), dtype=np.float32)
        with pytest.raises(RewardFault, match="memory"):
            process(zeros, zeros[:, :3], zeros)
        process.close()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux")
def test_a_crash_starts_no_helper():
    """A limit of 0 on core dumps does not hold back a helper that the kernel starts as root."""
    with server(TELLS_DUMPABLE) as rewards, pytest.raises(SandboxError, match="dumpable is 0"):
        rewards.lock()


HOLES = {
    "a call too many": (
        "seccomp.ALLOWED['memfd_create'] = (319, 279)",
        "file",
    ),
    "no filter": ("seccomp.seal = lambda: None", "a pipe, an anonymous file"),
    "no rules": ("landlock.deny_all = lambda: 7", "writing to a file"),
}


@pytest.mark.parametrize(("changed", "named"), HOLES.values(), ids=HOLES)
def test_a_hole_that_the_self_test_finds_stops_the_start(changed, named):
    with (
        server(f"from text2reward.sandbox import landlock, seccomp; {changed}", "auto") as rewards,
        pytest.raises(SandboxError, match=f"self-test: .*{named}.* still works after locking"),
    ):
        rewards.lock()


CONTAINERS = {
    "Docker": ([], "A" if has_landlock() else "B"),
    "a Docker that knows no Landlock": (["landlock"], "B"),
}


@pytest.mark.parametrize(("more", "tier"), CONTAINERS.values(), ids=CONTAINERS)
def test_it_works_under_a_containers_own_filter(more, tier):
    words = [sys.executable, str(HERE / "container.py"), *more]
    told = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)
    assert told.stdout.split() == [tier, "(64,)"]
