"""Threads that a simulator leaves behind: Python waits for them, so that a program that uses it does not end."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection

from text2reward.errors import shorten
from text2reward.record.words import counted, listed

_LAST_WORDS_S = 2.0
"""Seconds that threads have to end after they were told to."""


def lasting_threads() -> set[threading.Thread]:
    """Those that Python waits for before it ends, but for the first one."""
    return {each for each in threading.enumerate() if not each.daemon and each is not threading.main_thread()}


def left_running(before: Collection[threading.Thread]) -> str:
    """Which threads a closed simulator left running beside those ``before`` it, and how to mend it; empty without."""
    until = time.monotonic() + _LAST_WORDS_S
    left = []
    for thread in lasting_threads().difference(before):
        thread.join(max(0.0, until - time.monotonic()))
        if thread.is_alive():
            left.append(thread.name)
    if not left:
        return ""
    return (
        f"is closed, and {counted(len(left), 'thread')} of it {'goes' if len(left) == 1 else 'go'} on "
        f"({shorten(listed(sorted(set(left))))}), so that a program that uses it does not end. End them in close(), "
        "or start them with daemon=True."
    )
