"""Putting an export's source files together from this package's own.

A module that is carried along imports nothing of this package but other carried modules. Its text stays as it is, but
for the names by which those are imported.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

CARRIED = "text2reward.exporting.carried"

_OWN_IMPORT = re.compile(r"^( *)from text2reward\.(?:\w+\.)*(\w+) import ", re.MULTILINE)
_OWN_MODULE = re.compile(r"^( *)import text2reward\.(?:\w+\.)*(\w+)\b", re.MULTILINE)
_FOR_TYPES = re.compile(r"^if TYPE_CHECKING:\n(?:    from text2reward\..*\n)+\n*", re.MULTILINE)


def source(module: str) -> str:
    """The text of a module of this package."""
    found = find_spec(module)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).read_text(encoding="utf-8")


def alone(text: str) -> str:
    """A module's text with its imports of this package as those of files that lie beside it."""
    text = _FOR_TYPES.sub("", text)
    if text.count("TYPE_CHECKING") == 1:
        text = re.sub(r"^from typing import (.*)\n", _without_flag, text, count=1, flags=re.MULTILINE)
    return _OWN_IMPORT.sub(r"\1from \2 import ", _OWN_MODULE.sub(r"\1import \2", text))


STYLES = {
    "eureka": ("run_eureka", "tensor_names", "isaac", "totals"),
    "text2reward": ("run_text2reward", "published", "pose", "totals", "tensor_names"),
}
"""The modules that run programs in another system's style; the first is asked."""

_NATIVE = ("read_program", "_named")
"""What of the core is for the project's own style."""


def style_files(dialect: str) -> dict[str, str]:
    """The files that a form needs beside it for programs of a dialect."""
    if dialect not in STYLES:
        return {}
    modules = [
        *(f"text2reward.sandbox.dialects.{name}" for name in STYLES[dialect]),
        "text2reward.sandbox.packed",
        "text2reward.sandbox.program_error",
    ]
    return {f"{module.rpartition('.')[2]}.py": alone(source(module)) for module in modules}


def form(module: str, constants: Mapping[str, str], dialect: str = "native") -> str:
    """One file that holds a form of the reward and everything it needs but the program and :func:`style_files`.

    Args:
        module: the form, a name in :data:`CARRIED`.
        constants: values of constants by the left sides of their assignments, as they are written there.
        dialect: the style of the program.
    """
    core, shown = source(f"{CARRIED}.core"), source(f"{CARRIED}.{module}")
    rewritten = _class("text2reward.sandbox.out_of_place", "OutOfPlace")
    if dialect == "native":
        used = [core, shown]
        bodies = [_class("text2reward.sandbox.named_state", "Named"), rewritten, *map(_body, used)]
    else:
        used = [core, source(f"{CARRIED}.foreign"), shown]
        first, *others = map(_body, used)
        bodies = [rewritten, _without(first, _NATIVE), *others]
    trees = [ast.parse(text) for text in used]
    body = "\n\n\n".join(part.strip("\n") for part in bodies)
    for name, value in constants.items():
        body, count = re.subn(rf"^({re.escape(name)}(?:: .*?)?) = .*$", _assigned(value), body, flags=re.MULTILINE)
        assert count == 1, name
    docstring = ast.get_docstring(trees[-1], clean=False)
    asked = (
        f"\n\nfrom {STYLES[dialect][0]} import GIVEN, adapt\nfrom totals import part_names" if dialect in STYLES else ""
    )
    return f'"""{docstring}"""\n\n{_imports(trees)}{asked}\n\n\n{body}\n'


def _without(text: str, functions: Sequence[str]) -> str:
    """A module's text without some of its functions."""
    lines = text.split("\n")
    for node in reversed(ast.parse(text).body):
        if isinstance(node, ast.FunctionDef) and node.name in functions:
            del lines[node.lineno - 1 : node.end_lineno]
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines))


def _class(module: str, name: str) -> str:
    text = source(module)
    node = next(node for node in ast.parse(text).body if isinstance(node, ast.ClassDef) and node.name == name)
    return "\n".join(text.split("\n")[node.lineno - 1 : node.end_lineno])


def _body(text: str) -> str:
    """What follows a module's imports."""
    last = [node for node in ast.parse(text).body if isinstance(node, ast.Import | ast.ImportFrom)][-1]
    return "\n".join(text.split("\n")[last.end_lineno or 0 :])


def _imports(trees: Sequence[ast.Module]) -> str:
    """The imports of all modules, but for those of this package."""
    plain: set[str] = set()
    named: dict[str, set[str]] = {}
    for node in (node for tree in trees for node in tree.body):
        if isinstance(node, ast.Import):
            plain.add(ast.unparse(node))
        elif isinstance(node, ast.ImportFrom) and node.module and not node.module.startswith("text2reward"):
            named.setdefault(node.module, set()).update(alias.name for alias in node.names)
    first = named.pop("__future__")
    lines = [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(named.items())]
    return "\n".join([f"from __future__ import {', '.join(first)}", "", *sorted(plain), *lines])


def _assigned(value: str) -> Callable[[re.Match[str]], str]:
    return lambda match: f"{match[1]} = {value}"


def _without_flag(match: re.Match[str]) -> str:
    left = [name for name in match[1].split(", ") if name != "TYPE_CHECKING"]
    return f"from typing import {', '.join(left)}\n" if left else ""
