"""Which expressions of a program hold one value per row: nothing may branch on them or loop over them."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from text2reward.sandbox import facade

_PASSES = 8
"""How often the assignments are gone through: enough for any order in which programs are written."""

_PASS_ON = frozenset("enumerate zip reversed sorted list tuple map filter abs sum".split())
_COLUMNS = frozenset("unbind split chunk".split())
_MAKERS = frozenset(["new_tensor"])
_MAPPING = frozenset("items keys values get".split())


class Rows:
    """Follows the arguments of a program's entry through a program's assignments.

    What a helper function is given is not followed: it counts as harmless here, and shows when the program runs.

    Args:
        tree: the parsed program.
        arguments: those of its entry that hold one value per row.
        entry: the name of the function they are given to.
    """

    def __init__(self, tree: ast.Module, arguments: Sequence[str], entry: str) -> None:
        self._assigned: dict[ast.expr, list[str]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    self._assign(target, node.value)
            elif isinstance(node, ast.AnnAssign | ast.AugAssign) and node.value is not None:
                self._assign(node.target, node.value)
        self._tensors, self._counts = set(arguments), set[str]()
        for _ in range(_PASSES):
            before = len(self._tensors) + len(self._counts)
            for value, names in self._assigned.items():
                self._tensors.update(names if self.hold(value) else ())
                self._counts.update(names if self._counts_rows(value) else ())
            if len(self._tensors) + len(self._counts) == before:
                break
        helpers = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name != entry]
        given = {part.arg for helper in helpers for part in ast.walk(helper.args) if isinstance(part, ast.arg)}
        self._tensors -= given - set(arguments)

    def hold(self, node: ast.expr) -> bool:
        """Whether ``node`` is, as far as can be told, a tensor with one entry per row."""
        match node:
            case ast.Name(id=name):
                return name in self._tensors
            case ast.Attribute(value=value, attr=attribute):
                return attribute not in facade.METADATA and self.hold(value)
            case ast.Subscript(value=value) | ast.UnaryOp(operand=value):
                return self.hold(value)
            case ast.Call():
                return self._call(node)
            case ast.BinOp(left=left, right=right):
                return self.hold(left) or self.hold(right)
            case ast.Compare(left=left, ops=ops, comparators=others):
                identity = any(isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in ops)
                return not identity and any(self.hold(side) for side in (left, *others))
            case ast.BoolOp(values=values):
                return any(self.hold(value) for value in values)
            case ast.IfExp(body=body, orelse=orelse):
                return self.hold(body) or self.hold(orelse)
            case _:
                return False

    def one_by_one(self, node: ast.expr) -> bool:
        """Whether going through ``node`` goes through the rows; a transposed tensor is gone through by columns."""
        match node:
            case ast.Attribute(attr="T" | "mT"):
                return False
            case ast.Call(func=ast.Attribute(attr="t" | "transpose" | "swapaxes" | "movedim" | "permute")):
                return False
            case _:
                return self.hold(node)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._assigned.setdefault(value, []).append(target.id)
        elif isinstance(target, ast.Tuple | ast.List):
            same = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
            for i, element in enumerate(target.elts):
                self._assign(element, value.elts[i] if same else value)  # type: ignore[attr-defined]

    def _call(self, node: ast.Call) -> bool:
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        match node.func:
            case ast.Name(id="range"):
                return any(self._counts_rows(argument) for argument in node.args)
            case ast.Name(id=name) if name in _PASS_ON:
                return any(self.hold(argument) for argument in node.args)
            case ast.Attribute(attr=name) if name in facade.METADATA | _MAPPING | _MAKERS:
                return False
            case ast.Attribute(attr=name, value=value) if name in _COLUMNS:
                return not _last_dimension(given) and any(self.hold(part) for part in (value, *given))
            case ast.Attribute(value=value):
                return self.hold(value) or any(self.hold(argument) for argument in given)
            case _:
                return False

    def _counts_rows(self, node: ast.expr) -> bool:
        """Whether ``node`` is the number of rows, as in ``len(action)`` or ``action.shape[0]``."""
        match node:
            case ast.Name(id=name):
                return name in self._counts
            case ast.Subscript(value=ast.Attribute(attr="shape", value=value), slice=ast.Constant(value=0)):
                return self.hold(value)
            case ast.Call(func=ast.Attribute(attr="size", value=value), args=[ast.Constant(value=0)]):
                return self.hold(value)
            case ast.Call(func=ast.Name(id="len"), args=[value]):
                return self.hold(value)
            case ast.BinOp(left=left, right=right):
                return self._counts_rows(left) or self._counts_rows(right)
            case _:
                return False


def _last_dimension(given: list[ast.expr]) -> bool:
    """Whether ``unbind``, ``split`` or ``chunk`` is told a dimension other than the rows'."""
    if not given:
        return False
    try:
        return ast.literal_eval(given[-1]) in (-1, -2, 1, 2)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
