"""Reading a program's text: a linear look at it before any parser sees it, then Python's parser."""

from __future__ import annotations

import ast
import re
import threading
import unicodedata
import warnings

from text2reward.record.finding import Finding
from text2reward.sandbox.rules import MAX_FINDINGS

MAX_BYTES = 32_768
MAX_LINE = 1_000
MAX_BRACKETS = 40
MAX_INDENT = 64
MAX_REPEATS = 40

UNREADABLE = (SyntaxError, ValueError, MemoryError, RecursionError)
"""What the parser raises."""

_ONE_AT_A_TIME = threading.Lock()
"""Python 3.11 makes syntax trees with a counter that all threads share, and fails where two of them do."""

_FENCE = re.compile(r"^ *(```|~~~)", re.MULTILINE)
_OPENING, _CLOSING = "([{", ")]}"
_RULER = re.compile(r"""(#.*|[-~+*=_.]+[\s"']*)$""")
_NESTING_WORDS = ("not", "lambda", "lambda:", "-", "~", "+", "if", "else", "await")


def parse(source: str, filename: str) -> ast.Module:
    """The program's syntax tree, without the parser's warnings.

    Raises:
        SyntaxError, ValueError, MemoryError, RecursionError: as ``ast.parse``; :func:`unreadable` says it in words.
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings(action="ignore"):
        return ast.parse(source, filename=filename)


def unreadable(error: Exception, source: str) -> Finding:
    """Why a program cannot be read, from what the parser raised."""
    if isinstance(error, ValueError):
        return Finding("syntax", f"does not parse: {error}")
    if not isinstance(error, SyntaxError):
        return Finding("syntax", "does not parse: it is nested too deeply; use intermediate variables")
    fence = _fence(source)
    if fence is not None and (error.lineno or 1) <= fence:
        text = "does not parse: a Markdown fence stands here; leave out the fences and all text around them"
        return Finding("syntax", text, fence)
    return Finding("syntax", f"does not parse: {error.msg}", error.lineno)


def _fence(source: str) -> int | None:
    """The line of the first Markdown fence outside a docstring."""
    for found in _FENCE.finditer(source):
        before = source[: found.start()]
        if before.count('"""') % 2 == 0:
            return before.count("\n") + 1
    return None


def scan(source: str) -> list[Finding]:
    """What makes ``source`` unfit for the parser; empty when nothing does."""
    try:
        size = len(source.encode("utf-8"))
    except UnicodeEncodeError:
        return [Finding("source-text", "the program holds text that is not Unicode; write it in ASCII")]
    if size > MAX_BYTES:
        return [Finding("source-size", f"the program has {size} bytes; at most {MAX_BYTES} are read")]
    findings: list[Finding] = []
    depth = 0
    for number, line in enumerate(source.split("\n"), 1):
        deepest, depth = _bracket_depth(line, depth)
        problem = _line(line)
        if problem is None and deepest > MAX_BRACKETS:
            problem = f"brackets are nested more than {MAX_BRACKETS} deep; use intermediate variables"
        if problem is not None:
            findings.append(Finding("source-text", problem, number))
    return findings[:MAX_FINDINGS]


def _line(line: str) -> str | None:
    if len(line) > MAX_LINE:
        return f"the line has {len(line)} characters; break it up (at most {MAX_LINE})"
    if len(line) - len(line.lstrip(" \t")) > MAX_INDENT:
        return "the line is indented too deeply; use helper functions"
    for character in line:
        if character == "\t":
            return "holds a tab; write spaces, four for each level of indentation"
        if not character.isprintable() or unicodedata.category(character) in ("Cf", "Cc", "Cs", "Co", "Cn"):
            return f"holds the invisible character U+{ord(character):04X}; remove it"
    if line.lstrip().startswith("#") or not any(character.isalnum() for character in line):
        return None  # a comment, or a ruler in a docstring
    code = _RULER.sub("", line)
    words = code.split()
    if any(words.count(word) > MAX_REPEATS for word in _NESTING_WORDS) or _longest_run(code) > MAX_REPEATS:
        return "repeats an operator too often; use intermediate variables"
    if code.count(".") > 160 or code.count("**") > 20:
        return "chains too many operations; use intermediate variables"
    return None


def _bracket_depth(line: str, depth: int) -> tuple[int, int]:
    """The deepest nesting on the line, and the nesting at its end."""
    deepest = depth
    for character in line:
        if character in _OPENING:
            depth += 1
            deepest = max(deepest, depth)
        elif character in _CLOSING:
            depth = max(0, depth - 1)
    return deepest, depth


def _longest_run(line: str) -> int:
    longest = run = 0
    previous = ""
    for character in line:
        run = run + 1 if character == previous and character in "-~+" else 0
        longest = max(longest, run)
        previous = character
    return longest
