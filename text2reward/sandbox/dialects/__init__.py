"""The styles in which reward programs are written: the project's own, Eureka's and Text2Reward's."""

from __future__ import annotations

import ast
from functools import lru_cache

from text2reward.errors import UnknownNameError
from text2reward.sandbox import facade
from text2reward.sandbox.dialects.dialect import Dialect, entry_of, plain_arguments
from text2reward.sandbox.dialects.eureka import EUREKA
from text2reward.sandbox.dialects.native import NATIVE
from text2reward.sandbox.dialects.text2reward import TEXT2REWARD
from text2reward.sandbox.source_scan import UNREADABLE, parse, scan

__all__ = ["DIALECTS", "Dialect", "dialect_named", "dialect_of", "dialect_of_text"]

DIALECTS = {dialect.name: dialect for dialect in (NATIVE, EUREKA, TEXT2REWARD)}


def dialect_named(name: str) -> Dialect:
    """The dialect called ``name``.

    Raises:
        UnknownNameError: there is none.
    """
    if name not in DIALECTS:
        raise UnknownNameError("dialect", name, DIALECTS)
    return DIALECTS[name]


@lru_cache(maxsize=64)
def dialect_of_text(source: str) -> Dialect:
    """The dialect of a program; the project's own where it cannot be read."""
    if scan(source):
        return NATIVE
    try:
        return dialect_of(parse(source, "reward.py"))
    except UNREADABLE:
        return NATIVE


def dialect_of(tree: ast.Module) -> Dialect:
    """The dialect of a parsed program: told by its entry, and Eureka's by its arguments, answer or decorator."""
    function = entry_of(tree, facade.ENTRY)
    if function is None:
        named = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}  # in a class, too
        return TEXT2REWARD if TEXT2REWARD.entry in named else NATIVE
    if plain_arguments(function) == list(facade.ARGUMENTS):
        return NATIVE
    arguments = [*function.args.args, *function.args.kwonlyargs]
    if arguments and arguments[0].arg == "self":
        return TEXT2REWARD  # under another name, of which its author is told
    if any(argument.arg in facade.STATE_ARGUMENTS for argument in arguments):
        return NATIVE  # with a slip, of which its author is told
    annotated = any("Tensor" in ast.unparse(each.annotation) for each in arguments if each.annotation is not None)
    pair = any(isinstance(n, ast.Return) and isinstance(n.value, ast.Tuple) for n in ast.walk(function))
    told = function.returns is not None and "Tuple" in ast.unparse(function.returns)
    scripted = any("jit.script" in ast.unparse(each) for each in function.decorator_list)
    return EUREKA if annotated or pair or told or scripted else NATIVE
