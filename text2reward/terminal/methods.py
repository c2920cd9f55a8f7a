"""The commands that look at methods: list, show, diff."""

from __future__ import annotations

from typing import Any

from rich.markup import escape
from rich.table import Table

from text2reward.agent.method import load_method, method_names
from text2reward.terminal.looking import OK, console


def methods_list() -> int:
    """The methods that come with the product."""
    table = Table(box=None, pad_edge=False)
    for head in ("method", "what it is", "candidates x rounds"):
        table.add_column(head, overflow="fold")
    for name in method_names():
        method = load_method(name)
        table.add_row(name, escape(method.title), f"{method.search.candidates} x {method.search.rounds}")
    console().print(table)
    return OK


def methods_show(name: str) -> int:
    """A method: every setting, and where its value comes from."""
    method = load_method(name)
    out = console()
    for line in filter(None, (method.title, method.paper)):
        out.print(line, markup=False, highlight=False)
    table = Table(box=None, pad_edge=False)
    for head in ("setting", "value", "where it comes from"):
        table.add_column(head, overflow="fold")
    for setting, value in method.settings().items():
        table.add_row(setting, _text(value), escape(method.sources.get(setting, "")))
    out.print()
    out.print(table)
    if method.departs:
        out.print("\nWhere it departs from the paper:")
        for line in method.departs:
            out.print(f"- {line}", markup=False, highlight=False)
    return OK


def methods_diff(first: str, second: str) -> int:
    """The settings in which two methods differ."""
    one, other = load_method(first), load_method(second)
    there = other.settings()
    differing = [(name, value, there[name]) for name, value in one.settings().items() if value != there[name]]
    if not differing:
        print(f"{first} and {second} have the same settings.")
        return OK
    table = Table(box=None, pad_edge=False)
    for head in ("setting", escape(one.name), escape(other.name)):
        table.add_column(head, overflow="fold")
    for name, here, else_there in differing:
        table.add_row(name, _text(here), _text(else_there))
    console().print(table)
    return OK


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else escape(str(value))
