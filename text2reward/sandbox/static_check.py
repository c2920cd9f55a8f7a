"""The static check: fast, precise feedback on a reward program's text.

It is not what keeps a program in; the locked process does that. It reports up to ten errors at once, each with a line
and what to write instead, because its reader is a model that will write the next version.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from text2reward.envs.field import StateLayout
from text2reward.record.finding import Finding
from text2reward.sandbox.dialects import dialect_of
from text2reward.sandbox.rules import MAX_FINDINGS, parameters
from text2reward.sandbox.source_scan import UNREADABLE, parse, scan, unreadable

MAX_NODES = 4_000
MAX_DEPTH = 60

_TOP_LEVEL = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.Assign, ast.AnnAssign)


def check_source(source: str, layout: StateLayout) -> list[Finding]:
    """Everything wrong with ``source`` as a reward program over the fields of ``layout``, first errors first."""
    findings = scan(source)
    if findings:
        return findings
    try:
        tree = parse(source, "reward.py")
    except UNREADABLE as error:
        return [unreadable(error, source)]
    findings = [*_too_large(tree)]
    if findings:
        return findings
    findings = [*_top_level(tree), *_recursion(tree), *dialect_of(tree).check(tree, layout)]
    findings.sort(key=lambda finding: finding.line or 0)
    return findings[:MAX_FINDINGS]


def _too_large(tree: ast.AST) -> Iterator[Finding]:
    count = 0
    stack: list[tuple[ast.AST, int]] = [(tree, 0)]
    while stack:
        node, depth = stack.pop()
        count += 1
        if depth > MAX_DEPTH:
            yield Finding(
                "source-size", "an expression is nested too deeply; use variables", getattr(node, "lineno", None)
            )
            return
        if count > MAX_NODES:
            yield Finding("source-size", f"the program is too long; at most {MAX_NODES} syntax nodes are read")
            return
        stack += [(child, depth + 1) for child in ast.iter_child_nodes(node)]


def _top_level(tree: ast.Module) -> Iterator[Finding]:
    for node in tree.body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not docstring and not isinstance(node, _TOP_LEVEL):
            yield Finding(
                "top-level", "only imports, constants and functions may stand outside a function", node.lineno
            )
    for inner in ast.walk(tree):
        if isinstance(inner, ast.Import | ast.ImportFrom) and inner not in tree.body:
            yield Finding("import", "imports belong at the top of the file", inner.lineno)
    for scope in ast.walk(tree):
        if not isinstance(scope, ast.Module | ast.FunctionDef):
            continue
        seen: set[str] = set()
        for function in [node for node in scope.body if isinstance(node, ast.FunctionDef)]:
            if function.name in seen:
                yield Finding("top-level", f"function {function.name} is defined twice; keep one", function.lineno)
            seen.add(function.name)


def _recursion(tree: ast.Module) -> Iterator[Finding]:
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    uses = {name: _names(function) & functions.keys() for name, function in functions.items()}
    for name, function in functions.items():
        if name in _reachable(name, uses):
            yield Finding("recursion", f"function {name} calls itself; write it without recursion", function.lineno)


def _names(function: ast.FunctionDef) -> set[str]:
    """What a function reads from outside."""
    names = [part for part in ast.walk(function) if isinstance(part, ast.Name)]
    own = {name.id for name in names if isinstance(name.ctx, ast.Store)} | {each.arg for each in parameters(function)}
    return {name.id for name in names} - own


def _reachable(start: str, uses: dict[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    stack: list[Iterable[str]] = [uses[start]]
    while stack:
        for name in stack.pop():
            if name not in reached:
                reached.add(name)
                stack.append(uses[name])
    return reached
