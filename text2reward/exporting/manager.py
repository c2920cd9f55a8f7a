"""One function per term for a manager-based environment."""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Sequence

from text2reward.errors import RecordError
from text2reward.record.files import RESTORE

_FUNCTION = '''

def {function}(env: Any) -> torch.Tensor:
    """The term {name} of every environment, ``(num_envs,)``."""
    return compute(env)["{name}"]
'''

_ENDING = '''

WEIGHTS = {weights}
"""Of each term: the program has its weights within the terms, so all are 1."""

FUNCTIONS = {functions}
"""The function of each term."""
'''


def manager_terms(text: str, names: Sequence[str]) -> str:
    """The form's text with a function for each term; one whose name is taken gets ``_term`` behind it.

    Raises:
        RecordError: a name is none that a program can give.
    """
    taken = _names(ast.parse(text)) | set(dir(builtins)) | {"WEIGHTS", "FUNCTIONS"}
    functions: dict[str, str] = {}
    for name in names:
        if not name.isidentifier():
            raise RecordError(f"The record names a term {name!r}, which no program can.", RESTORE)
        function = name
        while keyword.iskeyword(function) or function in taken or function in functions.values():
            function += "_term"
        functions[name] = function
    defined = "".join(_FUNCTION.format(function=function, name=name) for name, function in functions.items())
    weights = "{" + ", ".join(f'"{name}": 1.0' for name in names) + "}"
    table = "{" + ", ".join(f'"{name}": {function}' for name, function in functions.items()) + "}"
    return text.rstrip("\n") + "\n" + defined + _ENDING.format(weights=weights, functions=table)


def _names(tree: ast.Module) -> set[str]:
    """Everything that a module defines or imports."""
    found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name):
            found.add(node.id)
    return found
