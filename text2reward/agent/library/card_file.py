"""A card as a TOML file that a person can read, edit and compare in git. Nothing in it is believed unchecked."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from text2reward.agent.library.card import SCHEMA, Card, Measured, Origin, problems
from text2reward.envs.field import Field
from text2reward.errors import LibraryError, UserError, nearest, shorten

CARD = "card.toml"
PROGRAM = "reward.py"
MAX_BYTES = 65_536
MAX_SAID = 300
_HEAD = "# A reward program that was trained and judged: docs/library.md of text2reward says what each line means.\n"
_TABLES = {"success": Measured, "origin": Origin}

Place = Sequence[str | int]


def write_card(card: Card) -> str:
    """The card as TOML text."""
    lines = [_HEAD + f"schema = {card.schema}", *(f"{name} = {_toml(getattr(card, name))}" for name in _PLAIN)]
    lines += [
        "fields = [",
        *(f"  {_toml(asdict(field))}," for field in card.fields),
        "]",
        f"observed = {_toml(card.observed)}",
    ]
    for name in _TABLES:
        lines += ["", f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in asdict(getattr(card, name)).items())]
    for name in ("constants", "versions"):
        lines += ["", f"[{name}]", *(f"{_key(key)} = {_toml(value)}" for key, value in getattr(card, name).items())]
    return "\n".join(lines) + "\n"


_PLAIN = ("task", "instruction", "terms")


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _toml(name)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, str):  # JSON's escapes are TOML's, but for one character
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)


def read_card(path: Path) -> Card:
    """What a card says.

    Raises:
        LibraryError: it cannot be read, is no TOML, lacks something, holds something unknown, of a wrong type or that
            cannot be true; says file and line.
    """
    text = read_text(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        told = str(error)
        at = re.search(r" \(at line (\d+), column \d+\)", told)
        line = int(at[1]) if at else text.count("\n") + 1
        raise broken(path, line, f"is not TOML: {told[: at.start()] if at else told}") from error
    except (RecursionError, ValueError) as error:
        raise broken(path, 1, f"is not TOML: {type(error).__name__}") from error
    _check_schema(path, text, data)
    _check_keys(path, text, data)
    card = _typed(path, text, data)
    for place, problem in problems(card):
        raise broken(path, line_of(text, place), f"{_named(place)} {problem}")
    return card


def read_text(path: Path) -> str:
    """The text of a file of an entry.

    Raises:
        LibraryError: it is not there, a link, too large, or no text.
    """
    try:
        if path.is_symlink() or not path.is_file():
            why = "is a link, and only plain files are read" if path.is_symlink() else "is not there"
            raise broken(path, None, why)
        if path.stat().st_size > MAX_BYTES:
            raise broken(path, None, f"is larger than {MAX_BYTES:,} bytes")
        return path.read_text(encoding="utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise broken(path, None, "is not text in UTF-8") from error
    except OSError as error:
        raise broken(path, None, f"cannot be read ({error.strerror})") from error


def broken(path: Path, line: int | None, what: str) -> LibraryError:
    """The error for a file of an entry that cannot be used; nothing in it can be obeyed by a terminal."""
    place = _plain(f"{path}:{line}:" if line else f"{path}")
    name = _plain(path.parent.name)
    return LibraryError(
        f"{place} {_plain(shorten(what, MAX_SAID)).rstrip('.')}.",
        f"Mend it, restore it from a copy, or leave it out (text2reward library remove {name}).",
    )


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def line_of(text: str, place: Place) -> int:
    """The line of a value in TOML text, counted from 1; of what it should stand in where it is not there."""
    lines = text.split("\n")
    at = 0
    for part in place:
        if isinstance(part, int):
            rows = [number for number, line in enumerate(lines) if number > at and line.lstrip().startswith("{")]
            at = rows[part] if part < len(rows) else at
            break
        pattern = re.compile(rf"\s*\[{re.escape(part)}\]|\s*[\"']?{re.escape(part)}[\"']?\s*=")
        at = next((n for n, line in enumerate(lines) if n >= at and pattern.match(line)), at)
    return at + 1


def _check_schema(path: Path, text: str, data: dict[str, Any]) -> None:
    schema = data.get("schema")
    if type(schema) is not int or schema < 1:
        raise broken(path, line_of(text, ["schema"]), f"schema is {schema!r}, not {SCHEMA}")
    if schema > SCHEMA:
        raise LibraryError(
            f"{path}:{line_of(text, ['schema'])}: has schema {schema}; this version reads up to {SCHEMA}.",
            "Update text2reward.",
        )


def _check_keys(path: Path, text: str, data: dict[str, Any]) -> None:
    parts: list[tuple[Place, Any, type]] = [((), data, Card)]
    parts += [((name,), data.get(name), owner) for name, owner in _TABLES.items()]
    listed = data.get("fields")
    parts += [(("fields", i), each, Field) for i, each in enumerate(listed if isinstance(listed, list) else [])]
    for place, table, owner in parts:
        known = [each.name for each in fields(owner)]
        for key in table if isinstance(table, dict) else ():
            if key not in known:
                near = nearest(key, known)
                hint = f"; did you mean {near}?" if near else f"; known are {', '.join(known)}"
                raise broken(path, line_of(text, [*place, key]), f"holds the unknown key {shorten(key)!r}{hint}")


def _typed(path: Path, text: str, data: dict[str, Any]) -> Card:
    from pydantic import TypeAdapter, ValidationError

    try:
        card: Card = TypeAdapter(Card).validate_json(json.dumps(data, default=str), strict=True)
        _ = card.layout
    except ValidationError as error:
        first = error.errors()[0]
        place: tuple[str | int, ...] = first["loc"]
        if first["type"] == "missing":
            raise broken(path, line_of(text, place), f"lacks {_named(place)}") from error
        said = first["msg"][0].lower() + first["msg"][1:]
        found = shorten(repr(first["input"]), 40)
        raise broken(path, line_of(text, place), f"{_named(place)} is {found}: {said}") from error
    except UserError as error:
        raise broken(path, line_of(text, ["fields"]), error.message) from error
    return card


def _named(place: Place) -> str:
    return ".".join(str(part) for part in place)
