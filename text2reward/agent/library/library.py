"""The folder: one folder for each program, with its text and its card. Nothing here runs a program."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from text2reward.agent.library.card import Card
from text2reward.agent.library.card_file import CARD, PROGRAM, broken, read_card, read_text, write_card
from text2reward.agent.likeness import likeness, words
from text2reward.envs.registry import all_tasks
from text2reward.envs.task import Task
from text2reward.errors import LibraryError, UnknownNameError
from text2reward.record.atomic import write_text
from text2reward.record.events import Success
from text2reward.sandbox.static_check import check_source

VARIABLE = "TEXT2REWARD_LIBRARY"
USUAL = Path("library")
MAX_NAME = 60


def library_folder(named: Path | None) -> Path:
    """The folder that is named, else that of ``$TEXT2REWARD_LIBRARY``, else ``library`` in the current folder."""
    return named or Path(os.environ.get(VARIABLE) or USUAL)


@dataclass(frozen=True)
class Entry:
    """A program in a library.

    Args:
        folder: where it lies.
        card: what is known of it.
        program: its text.
    """

    folder: Path
    card: Card
    program: str

    @property
    def name(self) -> str:
        """How it is called: the folder's name."""
        return self.folder.name

    @property
    def path(self) -> Path:
        """The program's file."""
        return self.folder / PROGRAM

    @property
    def success(self) -> Success:
        """As measured, with the interval worked out from the numbers."""
        return self.card.success.success

    def fits(self, task: Task) -> bool:
        """Whether the task has every field that the program reads, of the same shape, type and unit."""
        known = {field.name: field for field in task.fields}
        return all(
            field.name in known
            and (field.shape, field.dtype, field.unit)
            == (known[field.name].shape, known[field.name].dtype, known[field.name].unit)
            for field in self.card.fields
        )


class Library:
    """A folder of entries.

    Args:
        folder: it need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """All entries, broken ones too."""
        try:
            found = [path.name for path in self.folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise LibraryError(f"Cannot read {self.folder}: {error.strerror}.", "Name a folder: --library.") from error
        return sorted(name for name in found if any(os.path.lexists(self.folder / name / f) for f in (CARD, PROGRAM)))

    def entry(self, name: str) -> Entry:
        """One entry, checked in everything that can be checked without running it.

        Raises:
            UnknownNameError: there is none of that name.
            LibraryError: its files cannot be what a library holds; says file, line and what to do.
        """
        self._check_known(name)
        return self._read(self.folder / name)

    def _read(self, folder: Path) -> Entry:
        if folder.is_symlink():
            raise broken(folder / CARD, None, "lies in a folder that is a link, and only plain folders are read")
        card, program = read_card(folder / CARD), read_text(folder / PROGRAM)
        task = all_tasks().get(card.task)
        for layout, whose in ((card.layout, "its card"), (task.layout if task else None, card.task)):
            for finding in check_source(program, layout) if layout is not None else ():
                what = f"does not fit {whose}: {finding.text} [{finding.name}]"
                raise broken(folder / PROGRAM, finding.line, what)
        entry = Entry(folder, card, program)
        if task is not None and not entry.fits(task):
            raise broken(folder / CARD, None, f"has fields that {card.task} does not have, or of another shape or unit")
        return entry

    def read(self) -> tuple[list[Entry], list[LibraryError]]:
        """All whole entries by name, and what is wrong with the others."""
        entries, faults = [], []
        for name in self.names():
            try:
                entries.append(self.entry(name))
            except LibraryError as error:
                faults.append(error)
        return entries, faults

    def add(self, card: Card, program: str, name: str | None = None) -> Entry:
        """Put a program into the library; both files are there or none.

        Args:
            card: what is known of it.
            program: its text.
            name: what it is to be called; after its task, with a number where that is taken, when None.

        Raises:
            LibraryError: the name is taken or cannot be a folder's, the program is there already, or the folder cannot
                be written.
        """
        if name is not None and name != (safe := safe_name(name)):
            raise LibraryError(f"{name!r} cannot be an entry's name.", f"For example: --name {safe}.")
        with self._alone():
            return self._add(card, program, name)

    def _add(self, card: Card, program: str, name: str | None) -> Entry:
        for known in self.read()[0]:
            if known.program == program and known.card.task == card.task:
                raise LibraryError(f"{known.folder} holds this program already.", "Nothing was added.")
        wanted = name or safe_name(card.task.split("/")[-1])
        part = self.folder / f".adding-{secrets.token_hex(4)}"
        try:
            write_text(part / PROGRAM, program)
            write_text(part / CARD, write_card(card))
            self._read(part)
            return self.entry(self._settle(part, wanted, numbered=name is None))
        except OSError as error:
            raise LibraryError(
                f"Cannot write to {self.folder}: {error.strerror}.", "Choose another place with --library."
            ) from error
        finally:
            _clear(part)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Have others who add a program wait: several runs may end at the same moment with the same one."""
        folder = -1
        with contextlib.suppress(OSError):  # a file system without locks, or a folder that cannot be made, as is said
            self.folder.mkdir(parents=True, exist_ok=True)
            folder = os.open(self.folder, os.O_RDONLY | os.O_CLOEXEC)
            fcntl.flock(folder, fcntl.LOCK_EX)
        try:
            yield
        finally:
            if folder >= 0:
                os.close(folder)

    def remove(self, name: str) -> Path:
        """Take an entry out, a broken one too; what else somebody put beside it stays.

        Raises:
            UnknownNameError: there is none of that name.
            LibraryError: it cannot be removed.
        """
        self._check_known(name)
        folder = self.folder / name
        if folder.is_symlink():
            raise LibraryError(f"{folder} is a link.", "Remove it by hand.")
        try:
            _clear(folder)
        except OSError as error:
            raise LibraryError(f"Cannot remove {folder}: {error.strerror}.") from error
        return folder

    def _check_known(self, name: str) -> None:
        names = self.names()
        if not names:
            raise LibraryError(
                f"There is no entry {name!r}: {self.folder} holds none.", "text2reward library add RUN puts one there."
            )
        if name not in names:
            raise UnknownNameError("entry", name, names, see="`text2reward library list` shows all.")

    def _settle(self, part: Path, wanted: str, numbered: bool) -> str:
        """Rename a finished folder to the first name that is free; an existing one is never touched."""
        for number in range(1, 1000):
            name = wanted if number == 1 else f"{wanted}-{number}"
            if not os.path.lexists(self.folder / name):
                try:
                    os.rename(part, self.folder / name)
                    return name
                except OSError as error:
                    if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):  # somebody was quicker
                        raise
            if not numbered:
                raise LibraryError(f"{self.folder / name} is there already.", "Choose another --name.")
        raise LibraryError(f"{self.folder} holds too many entries called {wanted}.", "Give it a --name.")


def search(entries: Sequence[Entry], query: str) -> list[tuple[Entry, float]]:
    """Those that share a word with the query, the most alike first: by sentence, task, fields and terms."""
    texts = [
        words([each.card.instruction, each.card.task, *each.card.terms, *(f.name for f in each.card.fields)])
        for each in entries
    ]
    found = [(entry, score) for entry, score in zip(entries, likeness(words([query]), texts), strict=True) if score > 0]
    return sorted(found, key=lambda each: (-each[1], -each[0].success.low, each[0].name))


def safe_name(text: str) -> str:
    """A name that is safe as a folder's everywhere: small letters, digits and single dashes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:MAX_NAME].strip("-") or "reward"


def _clear(folder: Path) -> None:
    for name in (CARD, PROGRAM):
        (folder / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # something else lies in it
        folder.rmdir()
