"""text2reward, but that the process kills itself in place of writing the n-th event of a kind: EVENT NUMBER WORDS..."""

from __future__ import annotations

import os
import signal
import sys

from text2reward.cli import main
from text2reward.record.entry import Entry
from text2reward.record.events import Event
from text2reward.record.writer import RecordWriter

_append = RecordWriter.append
_seen = 0


def append(self: RecordWriter, event: Event) -> Entry:
    """As :meth:`RecordWriter.append`, up to that event."""
    global _seen
    _seen += event.kind == sys.argv[1]
    if event.kind == sys.argv[1] and _seen == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return _append(self, event)


if __name__ == "__main__":
    RecordWriter.append = append  # type: ignore[method-assign]
    sys.exit(main(sys.argv[3:]))
