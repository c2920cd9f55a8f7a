"""Carrying a person's own module along: it, the modules beside it that it imports, and the files that it names."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

_DECLARING = {"gym_field", "gym_task", "info", "obs"}
_LARGEST = 20 << 20
_IN_A_MODULE = re.compile(r"([A-Za-z_]\w*)[\w.]*:[A-Za-z_][\w./-]*$")


class NotAlone(Exception):
    """Why something cannot be had without text2reward."""


@dataclass(frozen=True)
class OwnFiles:
    """A person's files.

    Args:
        files: name -> text, those of the modules that are imported and of what they name.
        packages: distributions that the modules import.
    """

    files: dict[str, str]
    packages: tuple[str, ...]


def carry(module: str, task: str) -> OwnFiles:
    """The module in which a task is declared, with what it needs of the folder it lies in.

    Raises:
        NotAlone: it is part of a package, or needs more of text2reward than declarations.
    """
    if not module or "." in module:
        raise NotAlone(f"{task} is declared in a package, which is not carried along; only single modules are.")
    files: dict[str, str] = {}
    outside: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _path(name)
        if path is None:
            outside.add(name)
        elif path.name not in files:
            text = path.read_text(encoding="utf-8")
            tree = ast.parse(text)
            files[path.name] = _declared_alone(text, tree, path.name)
            files |= dict(_named(tree, path.parent, files))
            waiting += _imported(tree)
    known = packages_distributions()
    packages = {known[name][0] for name in outside if name in known and known[name][0].lower() != "text2reward"}
    return OwnFiles(files, tuple(sorted(packages)))


def _path(name: str) -> Path | None:
    """Where a person's own module lies; None for one that is installed or Python's own."""
    if name in sys.stdlib_module_names:
        return None
    found = find_spec(name)
    if found is None or not found.origin or not found.origin.endswith(".py"):
        return None
    path = Path(found.origin)
    installed = path.name == "__init__.py" or {"site-packages", "dist-packages"} & set(path.parts)
    return None if installed else path


def _imported(tree: ast.Module) -> list[str]:
    """Top-level modules that are imported, also as Gymnasium does it for "module:Id-v0" and an entry point."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name.split(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.append(node.module.split(".")[0])
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found = _IN_A_MODULE.match(node.value)
            if found and find_spec(found[1]) is not None:
                names.append(found[1])
    return names


def _named(tree: ast.Module, folder: Path, known: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Text files of the same folder whose names stand in the module, for example a model in XML."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str) and 0 < len(node.value) < 200):
            continue
        path = folder / node.value
        if "/" in node.value or "\0" in node.value or node.value in known or not path.is_file():
            continue
        if path.stat().st_size > _LARGEST:
            raise NotAlone(f"{path} is too large to be carried along.")
        try:
            yield node.value, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise NotAlone(f"{path} is no text and is not carried along.") from None


def _declared_alone(text: str, tree: ast.Module, name: str) -> str:
    """The module with its declarations imported from ``own_task``, which lies in the export."""
    lines = text.split("\n")
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and any(alias.name.split(".")[0] == "text2reward" for alias in node.names):
            raise NotAlone(f"{name}, line {node.lineno}: imports text2reward, which is not carried along.")
        if not isinstance(node, ast.ImportFrom) or (node.module or "").split(".")[0] != "text2reward":
            continue
        wanted = {alias.name for alias in node.names}
        if node.module != "text2reward.envs" or not wanted <= _DECLARING:
            said = f"{node.module}: {', '.join(sorted(wanted))}"
            raise NotAlone(f"{name}, line {node.lineno}: imports more of text2reward than is carried along ({said}).")
        lines[node.lineno - 1] = lines[node.lineno - 1].replace("text2reward.envs", "own_task", 1)
    return "\n".join(lines)
