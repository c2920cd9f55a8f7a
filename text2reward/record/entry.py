"""One line of the record: an event, and when it was written."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from pydantic import TypeAdapter

from text2reward.errors import RecordError
from text2reward.record.events import Asked, Event, Opined
from text2reward.record.files import parsed
from text2reward.record.opinion import ABOUT

SCHEMA = 1
"""Version of the record; a reader refuses what is newer."""

KINDS: dict[str, type[Event]] = {event.kind: event for event in Event.__subclasses__()}
"""Every kind of event, by the word that stands in the record."""

_RESTORE = "Restore events.jsonl from a copy."
_ADAPTERS: dict[str, TypeAdapter[Any]] = {}


@dataclass(frozen=True)
class Entry:
    """One line of the record.

    Args:
        event: what happened.
        time: when it was written, by the machine's clock, which people set.
        session_s: seconds since whoever wrote it began to write, by a clock that nobody sets; None in older records.
    """

    event: Event
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))
    session_s: float | None = None

    @property
    def aside(self) -> bool:
        """Whether it may have been written while nobody worked on the run: a person asked a model for its opinion."""
        event = self.event
        return (isinstance(event, Asked) and event.candidate.startswith(ABOUT)) or (
            isinstance(event, Opined) and not event.round
        )

    def since(self, earlier: Entry) -> float:
        """Seconds since an earlier entry of the same session; 0 where a clock was set back between."""
        if self.session_s is not None and earlier.session_s is not None:
            return max(0.0, self.session_s - earlier.session_s)
        spent = datetime.fromisoformat(self.time) - datetime.fromisoformat(earlier.time)
        return max(0.0, spent.total_seconds())

    def to_line(self) -> str:
        """The line, without its line break."""
        data: dict[str, Any] = {"schema": SCHEMA, "event": self.event.kind, "time": self.time}
        if self.session_s is not None:
            data["session_s"] = self.session_s
        data["data"] = asdict(self.event)
        return json.dumps(data, ensure_ascii=False)

    @classmethod
    def from_line(cls, line: str) -> Entry:
        """The entry that :meth:`to_line` wrote.

        Raises:
            ValueError: the line is torn.
            RecordError: it was written by a newer version, or by hand into nonsense.
        """
        data = parsed(line)
        if not isinstance(data, dict) or not isinstance(data.get("schema"), int):
            raise RecordError("The record holds a line that is no event.", _RESTORE)
        if type(data["schema"]) is not int or data["schema"] < 1:
            raise RecordError(f"The record has schema {data['schema']}, which there never was.", _RESTORE)
        if data["schema"] > SCHEMA:
            raise RecordError(
                f"The record has schema {data['schema']}; this version reads up to {SCHEMA}.", "Update text2reward."
            )
        kind = data.get("event")
        if not isinstance(kind, str) or kind not in KINDS:
            raise RecordError(f"The record holds the unknown event {kind!r}.", "Update text2reward.")
        if kind not in _ADAPTERS:
            _ADAPTERS[kind] = TypeAdapter(KINDS[kind])
        try:
            time, session_s = str(data["time"]), data.get("session_s")
            datetime.fromisoformat(time)
            if session_s is not None:
                session_s = float(session_s)
                if not isfinite(session_s):
                    raise ValueError("no time")
            return cls(_ADAPTERS[kind].validate_python(data["data"]), time, session_s)
        except (ValueError, KeyError, TypeError) as error:
            raise RecordError(f"The record holds a broken {kind} event.", _RESTORE) from error
