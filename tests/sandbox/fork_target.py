"""What the forked children of test_fork_server do."""

from __future__ import annotations

import os
import time


def main(request, fds):
    what = request["what"]
    if what == "echo":
        os.write(fds[0], b"echo")
    elif what == "environment":
        os.write(fds[0], repr(dict(os.environ)).encode())
    elif what.startswith("exit"):
        raise SystemExit(int(what.split()[1]))
    elif what == "abort":
        os.abort()
    elif what == "raise":
        raise ValueError("on purpose")
    elif what == "sleep":
        time.sleep(600)
