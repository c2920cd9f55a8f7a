"""The only place that writes into a run's folder's record."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from text2reward.errors import RecordError, RunIsBusyError
from text2reward.record.atomic import write_json, write_text
from text2reward.record.entry import Entry
from text2reward.record.events import Event
from text2reward.record.room import cannot_write

EVENTS = "events.jsonl"
CONFIG = "config.json"
ENVIRONMENT = "environment.json"
LOCK = ".lock"
POLICY = "policy.zip"
NORMALISER = "vecnormalize.pkl"
CURVES = "curves.csv"
SELECT = "select.json"
HELD_OUT = "held_out.json"

_ELSEWHERE = "Choose another place with --runs-dir."


class RecordWriter:
    """Appends to one run's record. Several threads may share one writer; two processes may not.

    Args:
        folder: an existing run's folder.

    Raises:
        RunIsBusyError: another process is writing to it.
        RecordError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mutex = threading.Lock()
        self._began = time.monotonic()
        try:
            self._lock_file = (folder / LOCK).open("w")
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock_file.close()
            raise RunIsBusyError(f"Another process is working on {folder}.", "Wait for it, or stop it first.") from None
        except OSError as error:
            raise cannot_write(folder, error, _ELSEWHERE) from error
        _drop_torn_line(folder / EVENTS)
        self._events = os.open(folder / EVENTS, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)

    @classmethod
    def create(
        cls, runs_dir: Path, slug: str, config: Mapping[str, Any], environment: Mapping[str, Any]
    ) -> RecordWriter:
        """A new run's folder ``<date>-<slug>-<id>`` with its configuration and environment.

        Raises:
            RecordError: ``runs_dir`` cannot be written.
        """
        short = re.sub(r"[^a-z0-9]+", "-", slug.lower()).strip("-")[:40] or "run"
        folder = None
        try:
            folder = _fresh(runs_dir, f"{date.today().isoformat()}-{short}")
            write_json(folder / CONFIG, config)
            write_json(folder / ENVIRONMENT, environment)
            return cls(folder)
        except OSError as error:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
            raise cannot_write(runs_dir, error, _ELSEWHERE) from error

    def append(self, event: Event) -> Entry:
        """Write one event, wait until it is on the disk, and return its line of the record.

        Raises:
            RecordError: the disk is full or gone, or the folder was let go of; nothing half-written is left behind.
        """
        entry = Entry(event, session_s=round(time.monotonic() - self._began, 3))
        line = (entry.to_line() + "\n").encode("utf-8", "replace")
        with self._mutex:
            if self._events < 0:  # a film that was under way when the run ended
                raise RecordError(f"{self.folder} was let go of.", "Resume the run.")
            start = os.fstat(self._events).st_size
            try:
                while line:
                    line = line[os.write(self._events, line) :]
                os.fsync(self._events)
            except OSError as error:
                os.ftruncate(self._events, start)
                raise cannot_write(self.folder, error, _ELSEWHERE) from error
        return entry

    def write(self, name: str, text: str) -> str:
        """Write a file below the run's folder; returns ``name``."""
        try:
            write_text(self.folder / name, text)
        except OSError as error:
            raise cannot_write(self.folder, error, _ELSEWHERE) from error
        return name

    @contextlib.contextmanager
    def beginning(self, new: bool = False) -> Iterator[None]:
        """While a session begins: where that fails, let go of the folder.

        Args:
            new: the folder was made for this; it is removed where nothing came on record.
        """
        try:
            yield
        except BaseException:
            begun = os.fstat(self._events).st_size > 0
            self.close()
            if new and not begun:
                shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def close(self) -> None:
        """Let go of the folder."""
        with self._mutex:
            if self._events >= 0:
                os.close(self._events)
                self._events = -1
        self._lock_file.close()


def _fresh(runs_dir: Path, name: str) -> Path:
    """A folder that nobody else has, however many runs begin at the same moment."""
    runs_dir.mkdir(parents=True, exist_ok=True)
    while True:
        folder = runs_dir / f"{name}-{secrets.token_hex(2)}"
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            return folder


def _drop_torn_line(path: Path) -> None:
    """A last line without its line break was being written when the power went: the work is still owed."""
    if not path.is_file():
        return
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole != len(data):
        with path.open("r+b") as file:
            file.truncate(whole)
