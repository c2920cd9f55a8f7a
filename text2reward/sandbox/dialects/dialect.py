"""What a dialect is: how programs of one style are told and checked."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from text2reward.envs.field import StateLayout
from text2reward.record.finding import Finding


@dataclass(frozen=True)
class Dialect:
    """A style in which reward programs are written.

    Args:
        name: how people call it.
        entry: the function that is called.
        signature: its first line, for people.
        check: findings about a parsed program over a task's fields, in no particular order.
        reads: the fields that a parsed program reads, in the layout's order.
        remarks: warnings about a parsed program.
        libraries: modules that are loaded before the process is locked.
        silent: terms that the adapter adds, which may well stay zero.
        by_row: the entry is called for one row at a time, which is slow.
    """

    name: str
    entry: str
    signature: str
    check: Callable[[ast.Module, StateLayout], list[Finding]]
    reads: Callable[[ast.Module, StateLayout], list[str]]
    remarks: Callable[[ast.Module], list[Finding]] = lambda tree: []
    libraries: tuple[str, ...] = ()
    silent: frozenset[str] = frozenset()
    by_row: bool = False


def entry_of(tree: ast.Module, name: str) -> ast.FunctionDef | None:
    """The first function called ``name`` at the top of a program."""
    return next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name), None)


def returns_nothing(function: ast.FunctionDef) -> bool:
    """Whether no ``return`` of it has a value."""
    return not any(isinstance(node, ast.Return) and node.value is not None for node in ast.walk(function))


def plain_arguments(function: ast.FunctionDef) -> list[str] | None:
    """The names of its arguments; None where some are not plain: defaults, stars, keywords alone."""
    given = function.args
    extras = given.vararg or given.kwarg or given.kwonlyargs or given.posonlyargs or given.defaults
    return None if extras else [argument.arg for argument in given.args]
