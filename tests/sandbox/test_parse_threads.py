from __future__ import annotations

import sys
import threading
import time

import pytest

from text2reward.sandbox.source_scan import parse

SOURCE = "def f(a):\n" + "".join(f"    x{i} = (a + {i}) * [a, {{'k': a}}][0] if a else -a\n" for i in range(100))


class Garbage:
    """Lets another thread run while it is collected, also in the middle of a parser's work."""

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        for _ in range(20):
            pass


@pytest.fixture
def restless():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_programs_are_read_by_several_threads_at_once(restless):
    errors = []

    def read():
        until = time.monotonic() + 1.5
        while time.monotonic() < until and not errors:
            for _ in range(50):
                Garbage()
            try:
                parse(SOURCE, "reward.py")
            except SystemError as error:
                errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
