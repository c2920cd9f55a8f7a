"""What the rules over a program's syntax tree share."""

from __future__ import annotations

import ast

from text2reward.record.finding import Finding

MAX_FINDINGS = 10
"""More are of no use to whoever repairs the program."""


class Rules(ast.NodeVisitor):
    """Visits a syntax tree and collects findings, each once, with the line it is about."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._line: int | None = None

    def visit(self, node: ast.AST) -> None:
        """Visit a node; operators and the like, which have no line, are on that of what stands before them."""
        self._line = getattr(node, "lineno", self._line)
        super().visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Annotations are dropped before a program runs; only the target and the value count."""
        self.visit(node.target)
        if node.value is not None:
            self.visit(node.value)

    def _find(self, node: ast.AST, name: str, message: str) -> None:
        finding = Finding(name, message, getattr(node, "lineno", self._line))
        if finding not in self.findings:
            self.findings.append(finding)


def chain(node: ast.expr) -> tuple[str | None, list[str]]:
    """``a.b.c`` as ("a", ["b", "c"]); the root is None when the chain does not start at a name."""
    path: list[str] = []
    while isinstance(node, ast.Attribute):
        path.insert(0, node.attr)
        node = node.value
    return (node.id if isinstance(node, ast.Name) else None), path


def parameters(function: ast.FunctionDef | ast.Lambda) -> list[ast.arg]:
    """All arguments that a function takes."""
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return plain + [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
