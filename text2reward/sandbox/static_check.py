"""The static check: fast, precise feedback on a reward program's text.

It is not what keeps a program in; the locked process does that. It reports up to ten errors at once, each with a line
and what to write instead, because its reader is a model that will write the next version.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from text2reward.envs.field import StateLayout
from text2reward.errors import nearest
from text2reward.record.finding import Finding
from text2reward.sandbox import facade
from text2reward.sandbox.program_visitor import ProgramVisitor
from text2reward.sandbox.source_scan import scan

MAX_FINDINGS = 10
MAX_NODES = 4_000
MAX_DEPTH = 60


def check_source(source: str, layout: StateLayout) -> list[Finding]:
    """Everything wrong with ``source`` as a reward program over the fields of ``layout``, first errors first."""
    findings = scan(source)
    if findings:
        return findings
    try:
        tree = ast.parse(source, filename="reward.py")
    except SyntaxError as error:
        return [Finding("syntax", f"does not parse: {error.msg}", error.lineno)]
    except (ValueError, MemoryError, RecursionError) as error:
        return [Finding("syntax", f"does not parse: {type(error).__name__}")]
    findings = [*_too_large(tree)]
    if findings:
        return findings
    findings = [*_top_level(tree), *_entry(tree), *_recursion(tree)]
    findings += ProgramVisitor(tree, layout).findings
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


def _functions(tree: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in tree.body if isinstance(node, ast.FunctionDef)]


def _top_level(tree: ast.Module) -> Iterator[Finding]:
    for node in tree.body:
        constant = isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None and _is_constant(node.value)
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not (constant or docstring or isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef)):
            yield Finding(
                "top-level", "only imports, constants and functions may stand outside a function", node.lineno
            )
    seen: set[str] = set()
    for function in _functions(tree):
        if function.name in seen:
            yield Finding("top-level", f"function {function.name} is defined twice; keep one", function.lineno)
        seen.add(function.name)


def _is_constant(node: ast.expr) -> bool:
    """Numbers, text, and tuples, lists, dicts and arithmetic of them; ``math.pi`` and the like."""
    allowed = (
        ast.Constant,
        ast.Tuple,
        ast.List,
        ast.Dict,
        ast.UnaryOp,
        ast.BinOp,
        ast.operator,
        ast.unaryop,
        ast.expr_context,
        ast.Attribute,
        ast.Name,
    )
    return all(isinstance(part, allowed) for part in ast.walk(node))


def _entry(tree: ast.Module) -> Iterator[Finding]:
    signature = f"def {facade.ENTRY}({', '.join(facade.ARGUMENTS)}):"
    functions = _functions(tree)
    entries = [function for function in functions if function.name == facade.ENTRY]
    if not entries:
        near = nearest(facade.ENTRY, [function.name for function in functions])
        hint = f"; rename {near}" if near else ""
        yield Finding("no-entry", f"the program must define `{signature}`{hint}")
        return
    function = entries[0]
    arguments = function.args
    names = [argument.arg for argument in arguments.args]
    extras = arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs or arguments.defaults
    if names != list(facade.ARGUMENTS) or extras:
        yield Finding("signature", f"the signature must be `{signature}`", function.lineno)
    if not any(isinstance(node, ast.Return) and node.value is not None for node in ast.walk(function)):
        yield Finding("no-return", "compute_reward returns nothing; return a dict of named (B,) terms", function.lineno)


def _recursion(tree: ast.Module) -> Iterator[Finding]:
    functions = {function.name: function for function in _functions(tree)}
    uses = {name: _names(function) & functions.keys() for name, function in functions.items()}
    for name, function in functions.items():
        if name in _reachable(name, uses):
            yield Finding("recursion", f"function {name} calls itself; write it without recursion", function.lineno)


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _reachable(start: str, uses: dict[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    stack: list[Iterable[str]] = [uses[start]]
    while stack:
        for name in stack.pop():
            if name not in reached:
                reached.add(name)
                stack.append(uses[name])
    return reached
