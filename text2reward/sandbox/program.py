"""Turning a reward program's text into a function; runs inside the locked process only."""

from __future__ import annotations

import ast
import builtins
import math
import sys
import warnings
from collections.abc import Callable, Mapping
from types import CodeType
from typing import Any

import torch
import torch.nn.functional as functional

from text2reward.sandbox.facade import BUILTINS, DROPPED_IMPORTS
from text2reward.sandbox.out_of_place import OutOfPlace
from text2reward.sandbox.program_error import ProgramError
from text2reward.sandbox.source_scan import UNREADABLE, parse, unreadable
from text2reward.sandbox.syntax_rules import MAX_TURNS

PROGRAM_FILE = "<reward>"
_LIBRARIES = ("torch", "math", "numpy", "scipy", "transforms3d")


def load_program(source: str, entry: str, given: Mapping[str, Any] | None = None) -> Callable[..., Any]:
    """Compile a program and run its top level; return the function called ``entry``.

    Args:
        given: further names that it has without importing them.

    Raises:
        ProgramError: it does not parse, its top level fails, or it defines no ``entry``.
    """
    names: dict[str, Any] = {"torch": torch, "math": math, "F": functional, **(given or {})}
    names["__builtins__"] = program_builtins()
    exec(compile_program(source), names)
    program = names.get(entry)
    if not callable(program):
        raise ProgramError("no-entry", f"the program defines no {entry}")
    return program  # type: ignore[no-any-return]


def compile_program(source: str) -> CodeType:
    """Parse a program, drop what only annotates, and compile the rest.

    Raises:
        ProgramError: it does not parse.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = _Rewrite().visit(parse(source, PROGRAM_FILE))
            return compile(ast.fix_missing_locations(tree), PROGRAM_FILE, "exec", dont_inherit=True)
    except UNREADABLE as error:
        finding = unreadable(error, source)
        raise ProgramError(finding.name, finding.message, finding.line) from error


class _Rewrite(OutOfPlace):
    """Also drops imports that only annotations need."""

    def visit_Import(self, node: ast.Import) -> ast.AST | None:
        node.names = [alias for alias in node.names if alias.name not in DROPPED_IMPORTS]
        return node if node.names else ast.copy_location(ast.Pass(), node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        return ast.copy_location(ast.Pass(), node) if node.module in DROPPED_IMPORTS else node


def program_builtins() -> dict[str, Any]:
    """All that a program has of Python's own functions."""
    allowed = {name: getattr(builtins, name) for name in BUILTINS}
    return {**allowed, "range": _short_range, "__import__": _guarded_import}


def _short_range(*bounds: int) -> range:
    """A range that is too short to go through all rows."""
    numbers = range(*bounds)
    if len(numbers) > MAX_TURNS:
        raise ProgramError("loop", f"loops {len(numbers)} times; write it as tensor operations (at most {MAX_TURNS})")
    return numbers


def _guarded_import(name: str, *arguments: Any, **keywords: Any) -> Any:
    """Torch and NumPy import lazily through the calling frame's builtins, even where no program imports."""
    if name in sys.modules and name.split(".")[0] in _LIBRARIES:
        return builtins.__import__(name, *arguments, **keywords)
    raise ImportError(f"import of {name!r} is not allowed in a reward program")
