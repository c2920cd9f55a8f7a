"""What people said about a run: one line each in ``feedback.jsonl``, only ever appended.

Several processes may append at once: a server with several raters, a command line, another one. Nothing said is ever
changed; what was said by mistake is taken back by a later line.
"""

from __future__ import annotations

import functools
import json
import secrets
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import TypeAdapter, ValidationError

from text2reward.errors import RecordError
from text2reward.record.files import cannot_read, parsed
from text2reward.record.hiding import hiding_of
from text2reward.record.lines import append_line
from text2reward.record.room import cannot_write

FEEDBACK = "feedback.jsonl"
SCHEMA = 1

MAX_TEXT = 10_000
"""Characters of what one person says at once; more is refused."""
MAX_PROGRAM = 32_768
MAX_NAME = 60
MAX_TAGS = 20
_LONG = {"text": MAX_TEXT, "program": MAX_PROGRAM}
DONE = "done"
"""Tag of a comment by which a rater says that the run may go on."""
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")
"""Characters that show a text in another order than it is written, or end a line."""

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
        return json.dumps({**data, "said": asdict(self.said)}, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_line(cls, line: str) -> Feedback:
        """What :meth:`to_line` wrote.

        Raises:
            ValueError: the line holds something else.
        """
        data = parsed(line)
        if not isinstance(data, dict) or data.get("schema") != SCHEMA or data.get("kind") not in _KINDS:
            raise ValueError("no feedback of this version")
        try:
            said = _adapter(data["kind"]).validate_json(json.dumps(data["said"]), strict=True)
            return cls(said, str(data["rater"]), str(data["id"]), str(data["time"]))
        except (KeyError, ValidationError) as error:
            raise ValueError("lacks what it should hold, or holds what it should not") from error


@functools.cache
def _adapter(kind: str) -> TypeAdapter[Said]:
    return TypeAdapter(_KINDS[kind])


def append(folder: Path, said: Said, rater: str) -> Feedback:
    """Write one line and wait until it is on the disk.

    Args:
        folder: the run's.
        said: what was said; line breaks as a web page's form sends them become plain ones, and what the run hides is
            hidden.
        rater: by whom.

    Raises:
        ValueError: a text is too long or holds control characters, the rater has no name, or something else is not what
            it should be; nothing was written.
        RecordError: the disk is full or gone, or nobody can say what is to be hidden; nothing half-written is left.
    """
    said = _with_plain_breaks(said)
    check(said, rater)
    hide = hiding_of(folder)
    if hide(rater) != rater:
        raise ValueError("The rater's name holds what is hidden in this run; take another name.")
    said = hide.words(said)
    feedback = Feedback(said, rater)
    line = feedback.to_line()
    Feedback.from_line(line)  # what cannot be read back would hide what everybody else said
    path = folder / FEEDBACK
    try:
        append_line(path, line, _whole)
    except OSError as error:
        raise cannot_write(path, error, "Copy the run's folder to a disk of yours, and say it there.") from error
    return feedback


def _whole(line: str) -> bool:
    try:
        Feedback.from_line(line)
    except ValueError:
        return False
    return True


def read(folder: Path) -> list[Feedback]:
    """Everything that was said, in order, with what was taken back.

    A torn last line is ignored. A line that stands there twice, as when the files of two copies were put together,
    counts once.

    Raises:
        RecordError: a line is broken, or the file cannot be read.
    """
    path = folder / FEEDBACK
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise cannot_read(path, error) from error
    found: dict[str, Feedback] = {}
    if not _whole(lines[-1]):
        lines.pop()
    for number, line in enumerate(lines, 1):
        try:
            feedback = Feedback.from_line(line)
        except ValueError as error:
            raise RecordError(
                f"Line {number} of {path} is broken: {error}.", "Restore it from a copy, or delete the line."
            ) from error
        found.setdefault(feedback.id, feedback)
    return list(found.values())


def standing(said: list[Feedback]) -> list[Feedback]:
    """What was not taken back by its rater."""
    undone = {(each.rater, each.said.of) for each in said if isinstance(each.said, Undo)}
    return [each for each in said if not isinstance(each.said, Undo) and (each.rater, each.id) not in undone]


def check(said: Said, rater: str) -> None:
    """Refuse what a person may not say.

    Raises:
        ValueError: in words for that person.
    """
    if not rater.strip() or len(rater) > MAX_NAME or not _plain(rater):
        raise ValueError(f"A rater's name has 1 to {MAX_NAME} printable characters.")
    said = _with_plain_breaks(said)
    for name, text in _texts(said):
        most = _LONG.get(name, MAX_NAME)
        if len(text) > most:
            raise ValueError(f"The {name} has {len(text):,} characters; at most {most:,} are taken.")
        if not _plain(text, "\n\t" if name in _LONG else ""):
            raise ValueError(f"The {name} holds control characters.")
    tags = getattr(said, "tags", ())
    if len(tags) > MAX_TAGS or any(len(tag) > MAX_NAME or not _plain(tag) for tag in tags):
        raise ValueError(f"At most {MAX_TAGS} tags of at most {MAX_NAME} characters are taken.")
    if isinstance(said, PairVote) and said.left == said.right:
        raise ValueError("A pair is of two different candidates.")
    if isinstance(said, BestWorst):
        shown = set(said.shown)
        if len(shown) != len(said.shown) or any(len(each) > MAX_NAME or not _plain(each) for each in shown):
            raise ValueError("Those that are shown are different candidates.")
        if said.best == said.worst or not {said.best, said.worst} <= shown:
            raise ValueError("Best and worst are two of those that were shown.")


def _texts(said: Said) -> Iterator[tuple[str, str]]:
    """All texts in it by name, but for those in lists."""
    values = ((each.name, getattr(said, each.name)) for each in fields(said))
    return ((name, value) for name, value in values if isinstance(value, str))


def _with_plain_breaks(said: Said) -> Said:
    plain: dict[str, Any] = {name: text.replace("\r\n", "\n") for name, text in _texts(said) if name in _LONG}
    return replace(said, **plain)


def _plain(text: str, also: str = "") -> bool:
    """Whether it holds no character that a terminal or a reader obeys, but for those in ``also``."""
    return not any((unicodedata.category(each) in ("Cc", "Cs") and each not in also) or each in _TURNS for each in text)
