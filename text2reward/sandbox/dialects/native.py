"""The project's own style: ``compute_reward(state, action, prev)`` over named tensors."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from text2reward.envs.field import StateLayout
from text2reward.errors import nearest
from text2reward.record.finding import Finding
from text2reward.sandbox import facade
from text2reward.sandbox.dialects.dialect import Dialect, entry_of, plain_arguments, returns_nothing
from text2reward.sandbox.name_rules import NameRules
from text2reward.sandbox.syntax_rules import check_syntax

SIGNATURE = f"def {facade.ENTRY}({', '.join(facade.ARGUMENTS)}):"


def _check(tree: ast.Module, layout: StateLayout) -> list[Finding]:
    names = NameRules(tree, layout)
    names.visit(tree)
    return [*_entry(tree), *check_syntax(tree, facade.ENTRY, facade.ARGUMENTS), *names.findings]


def _entry(tree: ast.Module) -> Iterator[Finding]:
    function = entry_of(tree, facade.ENTRY)
    if function is None:
        functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        near = nearest(facade.ENTRY, functions)
        hint = f"; rename {near}" if near else ""
        yield Finding("no-entry", f"the program must define `{SIGNATURE}`{hint}")
        return
    if plain_arguments(function) != list(facade.ARGUMENTS):
        yield Finding("signature", f"the signature must be `{SIGNATURE}`", function.lineno)
    if returns_nothing(function):
        yield Finding("no-return", "compute_reward returns nothing; return a dict of named (B,) terms", function.lineno)


def _reads(tree: ast.Module, layout: StateLayout) -> list[str]:
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return [field.name for field in layout.fields if set(field.name.split(".")) <= attributes]


NATIVE = Dialect(
    name="native",
    entry=facade.ENTRY,
    signature=SIGNATURE,
    check=_check,
    reads=_reads,
)
