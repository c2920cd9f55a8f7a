"""What is neither sent to a model nor kept: keys, and what ``--redact`` names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from text2reward.errors import RecordError, UserError
from text2reward.record.files import RESTORE, parsed

T = TypeVar("T")

MARK = "[hidden]"
"""What stands in place of what was hidden."""

_SECRET_NAMES = re.compile(
    r"(APIKEYS?|SECRETS?|TOKEN|PASSWORD|PASSWD|PASSPHRASE|(^|[_-])(KEYS?|PASS|PAT|JWT|CREDENTIALS?))(_?\d+)?$"
    "|BEARER_TOKEN",
    re.IGNORECASE,
)
_SHORTEST = 8
"""Letters of a key; servers of one's own take ``none`` and the like, which are words of programs as well."""

_TEXTS = frozenset(
    ["message", "example", "note", "text", "why", "problem", "reasons", "preference", "rollouts", "causes", "tags"]
)
"""Fields of events and of what people say that hold words, not names of files or candidates."""


class Hiding:
    """Replaces what must not be seen.

    Args:
        patterns: regular expressions; ``@FILE`` stands for those in a file, one a line.
        secrets: texts that are hidden wherever they stand.

    Raises:
        UserError: a pattern is none, would hide everything, or its file cannot be read.
    """

    def __init__(self, patterns: Sequence[str] = (), secrets: Iterable[str] = ()) -> None:
        self._patterns = [_compiled(each) for named in patterns for each in _listed(named)]
        self._secrets = sorted(set(secrets), key=lambda each: (-len(each), each))

    def __call__(self, text: str) -> str:
        """The text with the mark in place of what is hidden."""
        for secret in self._secrets:
            text = text.replace(secret, MARK)
        for pattern in self._patterns:
            text = pattern.sub(MARK, text)
        return text

    def words(self, said: T) -> T:
        """An event, or what a person said, with its words hidden where they have to be."""
        if not (self._patterns or self._secrets):
            return said
        hidden: T = self._within(said)
        return hidden

    def line_of(self, text: str) -> int | None:
        """The first line that holds something to hide, from 1; None where nothing has to be hidden."""
        lines = enumerate(text.splitlines(), 1)
        found = next((number for number, line in lines if self(line) != line), None)
        return found if found is not None or self(text) == text else 1

    def _within(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(self._within(each) for each in value)
        if not is_dataclass(value) or isinstance(value, type):
            return value
        changed = {field.name: self._field(value, field.name) for field in fields(value) if field.init}
        return replace(value, **changed)

    def _field(self, owner: Any, name: str) -> Any:
        value = getattr(owner, name)
        if name in _TEXTS or (name == "program" and type(owner).__name__ in ("Edit", "Edited")):
            if isinstance(value, str):
                return self(value)
            if isinstance(value, tuple) and all(isinstance(each, str) for each in value):
                return tuple(map(self, value))
        return self._within(value)


def secrets_of(environment: Mapping[str, str] | None = None) -> list[str]:
    """The values of variables that hold keys, by their names."""
    known = os.environ if environment is None else environment
    return [value for name, value in known.items() if names_a_key(name) and len(value) >= _SHORTEST]


def names_a_key(variable: str) -> bool:
    """Whether an environment variable, or a part of an address, holds a key, by its name."""
    return _SECRET_NAMES.search(variable) is not None


def hiding_of(folder: Path) -> Hiding:
    """What the run in ``folder`` hides, keys included.

    Raises:
        UserError: its patterns cannot be read.
    """
    path = folder / "config.json"
    try:
        patterns = parsed(path.read_text(encoding="utf-8")).get("redact") or ()
    except FileNotFoundError:
        patterns = ()
    except (OSError, ValueError, AttributeError):
        raise RecordError(f"{path} cannot be read, and it says what is to be hidden.", RESTORE) from None
    return Hiding(tuple(map(str, patterns)), secrets_of())


def _listed(named: str) -> list[str]:
    if not named.startswith("@"):
        return [named]
    path = Path(named[1:]).expanduser()
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"Cannot read the patterns in {path}: {error}.", "Write one regular expression a line."
        ) from None
    patterns = [line for line in lines if line.strip()]
    if not patterns:
        raise UserError(f"There are no patterns in {path}.", "Write one regular expression a line.")
    return patterns


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UserError(
            f"--redact {pattern!r} is no regular expression: {error}.", r"For example: --redact 'Acme \w+'."
        ) from None
    if compiled.search("") or compiled.search(MARK):
        raise UserError(
            f"--redact {pattern!r} hides everything, or the mark {MARK} itself.", r"For example: --redact 'Acme \w+'."
        )
    return compiled
