"""What is said to somebody whose command line cannot be understood: one sentence, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from text2reward.errors import UnknownNameError, UserError, nearest

Flags = Callable[[list[str]], set[str]]


GROUPS: dict[str, Sequence[str]] = {
    "envs": ("list", "show", "check", "new"),
    "methods": ("list", "show", "diff"),
    "library": ("add", "search", "list", "show", "remove"),
}
"""Commands that are followed by another one."""


def check_commands(words: list[str], commands: Sequence[str]) -> None:
    """The command exists, and so does the one after ``envs`` and the like.

    Raises:
        UserError: one is missing or unknown.
    """
    group = GROUPS.get(words[0]) if words else None
    for at, known in enumerate([commands, group] if group else [commands]):
        said = " ".join(["text2reward", *words[:at]])
        if len(words) <= at:
            raise UserError(f"{said} needs a command: {', '.join(known)}.", f"See `{said} --help`.")
        if not words[at].startswith("-") and words[at] not in known:
            raise UnknownNameError("command", words[at], known, see=f"`{said} --help` shows all.")


def command_of(words: list[str]) -> list[str]:
    """The words that name the command."""
    return words[: 2 if words and words[0] in GROUPS else 1]


def unknown(word: str, words: list[str], flags: Flags) -> UserError:
    """For a word nobody asked for."""
    flag = word.partition("=")[0]
    if not flag.startswith("-"):
        return UserError(f"Unexpected argument {flag!r}.", f"Put a sentence in quotes. {_help(words)}")
    near = nearest(flag, flags(words))
    return UserError(f"Unknown flag {flag}.", f"Did you mean {near}?" if near else _help(words))


def wrong(box: str, words: list[str], flags: Flags) -> UserError:
    """For what the parser says in a drawn box."""
    text = " ".join(re.sub(r"\x1b\[[0-9;]*m|[─-╿]", " ", box).split())
    stray = re.search(r"Unrecognized options: (\S+)", text)
    if stray:
        return unknown(stray[1], words, flags)
    choice = re.search(r"invalid choice '(.*?)' for argument '(\S+)'\. Expected one of \((.*?)\)", text)
    if choice:
        known = [name for name in re.findall(r"'(.*?)'", choice[3]) if name != "None"]
        near = nearest(choice[1], known)
        hint = f"Did you mean {near}? " if near else ""
        return UserError(f"{choice[2]} cannot be {choice[1]!r}.", f"{hint}Use {', '.join(known)}.")
    number = re.search(r"Error parsing (\S+): .*?(int|float)\S* .*?'(.*?)'", text)
    if number:
        kind = "a whole number" if number[2] == "int" else "a number"
        return UserError(f"{number[1]} takes {kind}, not {number[3]!r}.", _help(words))
    count = re.search(
        r"[Ee]rror parsing (\S+?):.*?input length (\d+) did not match expected argument count (\d+)", text
    )
    if count:
        return UserError(f"{count[1]} takes {count[3]} values, not {count[2]}.", _help(words))
    empty = re.search(r"Missing value for argument .*?(--[\w.-]+)", text)
    if empty:
        return UserError(f"{empty[1]} needs a value.", _help(words))
    value = re.search(r"Error parsing (\S+): (.*?)(?= Argument helptext| Full helptext| For full helptext|$)", text)
    if value:
        return UserError(f"{value[1]}: {value[2].rstrip('.')}.", _help(words))
    missing = re.search(r"Missing from text2reward [a-z ]+: (.*?) \(required\)", text)
    if missing:
        name = re.sub(r"^(--\S+) \S+ ", r"\1: ", re.sub(r"^(?!--)\S+ ", "", missing[1]))
        return UserError(f"Something is missing: {name.rstrip('.')}.", _help(words))
    said = re.sub(r"(For full helptext|Full helptext).*", "", text).strip()
    said = re.sub(r"^(Parsing error|Value error|Required options|Invalid choice)\s*", "", said)
    return UserError(said.rstrip(".") + ".", _help(words))


def _help(words: list[str]) -> str:
    return f"See `text2reward {' '.join([*command_of(words), '--help'])}`."
