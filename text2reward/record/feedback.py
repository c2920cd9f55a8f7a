"""What people said about a run: one line each in ``feedback.jsonl``, only ever appended.

Several processes may append at once: a server with several raters, a command line, another one. Nothing said is ever
changed; what was said by mistake is taken back by a later line.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import TypeAdapter, ValidationError

from text2reward.errors import RecordError

FEEDBACK = "feedback.jsonl"
SCHEMA = 1

MAX_TEXT = 10_000
"""Characters of what one person says at once; more is refused."""
MAX_PROGRAM = 32_768
MAX_NAME = 60
MAX_TAGS = 20

Choice = Literal["left", "right", "same", "neither", "skip"]
"""``same`` for a tie, ``neither`` where both are of no use, ``skip`` for no answer; a skipped pair may come again."""


@dataclass(frozen=True)
class PairVote:
    """Which of two films, from the same initial state, a person likes better.

    Args:
        left, right: the candidates as they were shown, unnamed.
        seed: of the episode.
        choice: the answer.
        text: what should change, in the person's words.
        tags: short words.
        repeats: id of the vote that this pair repeats, to measure how consistent a rater is; empty for a first showing.
        seconds: how long the pair was looked at.
    """

    kind: ClassVar[str] = "pair"
    left: str
    right: str
    seed: int
    choice: Choice
    text: str = ""
    tags: tuple[str, ...] = ()
    repeats: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class BestWorst:
    """Which of several films is best and which is worst.

    Args:
        shown: the candidates in the order they were shown, unnamed.
        seed: of the episode.
        best, worst: two of them.
        text, tags: see :class:`PairVote`.
    """

    kind: ClassVar[str] = "best-worst"
    shown: tuple[str, ...]
    seed: int
    best: str
    worst: str
    text: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comment:
    """What a person says of a candidate, or of the run as a whole.

    Args:
        text: the words.
        candidate: which one; empty for the run.
        tags: see :class:`PairVote`.
    """

    kind: ClassVar[str] = "comment"
    text: str
    candidate: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edit:
    """A program that a person made out of a candidate's.

    Args:
        parent: the candidate.
        program: the text.
        text: what was changed and why.
    """

    kind: ClassVar[str] = "edit"
    parent: str
    program: str
    text: str = ""


@dataclass(frozen=True)
class Undo:
    """Takes back what the same rater said before.

    Args:
        of: its id.
    """

    kind: ClassVar[str] = "undo"
    of: str


Said = PairVote | BestWorst | Comment | Edit | Undo
_KINDS: dict[str, type[Said]] = {each.kind: each for each in (PairVote, BestWorst, Comment, Edit, Undo)}


@dataclass(frozen=True)
class Feedback:
    """One line.

    Args:
        said: what.
        rater: by whom, as the person calls themselves.
        id: tells it from all other lines.
        time: when, UTC.
    """

    said: Said
    rater: str
    id: str = field(default_factory=lambda: secrets.token_hex(6))
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))

    def to_line(self) -> str:
        """As it stands in the file."""
        data = {"schema": SCHEMA, "kind": self.said.kind, "id": self.id, "time": self.time, "rater": self.rater}
        return json.dumps({**data, "said": asdict(self.said)}, ensure_ascii=False)

    @classmethod
    def from_line(cls, line: str) -> Feedback:
        """What :meth:`to_line` wrote.

        Raises:
            ValueError: the line holds something else.
        """
        data = json.loads(line)
        if not isinstance(data, dict) or data.get("schema") != SCHEMA or data.get("kind") not in _KINDS:
            raise ValueError("no feedback of this version")
        try:
            said = _adapter(data["kind"]).validate_json(json.dumps(data["said"]), strict=True)
            return cls(said, str(data["rater"]), str(data["id"]), str(data["time"]))
        except (KeyError, ValidationError) as error:
            raise ValueError("lacks what it should hold, or holds what it should not") from error


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(_KINDS[kind])


def append(folder: Path, said: Said, rater: str) -> Feedback:
    """Write one line and wait until it is on the disk.

    Args:
        folder: the run's.
        said: what was said.
        rater: by whom.

    Raises:
        ValueError: a text is too long or holds control characters, or the rater has no name.
        RecordError: the disk is full or gone; nothing half-written is left behind.
    """
    check(said, rater)
    feedback = Feedback(said, rater)
    line = (feedback.to_line() + "\n").encode("utf-8", "replace")
    try:
        file = os.open(folder / FEEDBACK, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            _end_line(file)
            start = os.fstat(file).st_size
            try:
                while line:
                    line = line[os.write(file, line) :]
                os.fsync(file)
            except OSError:
                os.ftruncate(file, start)
                raise
        finally:
            os.close(file)
    except OSError as error:
        raise RecordError(f"Cannot write to {folder / FEEDBACK}: {error.strerror}.", "Free some space.") from error
    return feedback


def _end_line(file: int) -> None:
    """A line that was being written when the power went is cut off, so that the next one begins a line."""
    size = os.fstat(file).st_size
    if not size or os.pread(file, 1, size - 1) == b"\n":
        return
    data = os.pread(file, size, 0)
    os.ftruncate(file, data.rfind(b"\n") + 1)


def read(folder: Path) -> list[Feedback]:
    """Everything that was said, in order, with what was taken back; a torn last line is ignored.

    Raises:
        RecordError: a line is broken.
    """
    path = folder / FEEDBACK
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    found = []
    for number, line in enumerate(lines[:-1], 1):
        try:
            found.append(Feedback.from_line(line))
        except ValueError as error:
            raise RecordError(
                f"Line {number} of {path} is broken: {error}.", "Restore it from a copy, or delete the line."
            ) from error
    return found


def standing(said: list[Feedback]) -> list[Feedback]:
    """What was not taken back by its rater."""
    undone = {(each.rater, each.said.of) for each in said if isinstance(each.said, Undo)}
    return [each for each in said if not isinstance(each.said, Undo) and (each.rater, each.id) not in undone]


def check(said: Said, rater: str) -> None:
    """Refuse what a person may not say.

    Raises:
        ValueError: in words for that person.
    """
    if not rater.strip() or len(rater) > MAX_NAME or not rater.isprintable():
        raise ValueError(f"A rater's name has 1 to {MAX_NAME} printable characters.")
    data: Mapping[str, Any] = asdict(said)
    for name in ("text", "program"):
        text, most = data.get(name, ""), MAX_PROGRAM if name == "program" else MAX_TEXT
        if len(text) > most:
            raise ValueError(f"The {name} has {len(text):,} characters; at most {most:,} are taken.")
        if any(not each.isprintable() and each not in "\n\t" for each in text):
            raise ValueError(f"The {name} holds control characters.")
    tags = data.get("tags", ())
    if len(tags) > MAX_TAGS or any(len(tag) > MAX_NAME or not tag.isprintable() for tag in tags):
        raise ValueError(f"At most {MAX_TAGS} tags of at most {MAX_NAME} characters are taken.")
    if isinstance(said, BestWorst) and (said.best == said.worst or not {said.best, said.worst} <= set(said.shown)):
        raise ValueError("Best and worst are two of those that were shown.")
