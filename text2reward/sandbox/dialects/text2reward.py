"""Text2Reward's style (Xie et al., ICLR 2024): ``compute_dense_reward(self, action[, obs])`` over NumPy objects.

The function is called for one row at a time, so it costs tens of microseconds a row where a batched program costs less
than one.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from text2reward.envs.field import StateLayout
from text2reward.errors import nearest
from text2reward.record.finding import Finding
from text2reward.sandbox.dialects import published
from text2reward.sandbox.dialects.dialect import Dialect, entry_of, plain_arguments, returns_nothing
from text2reward.sandbox.dialects.tensor_names import REST
from text2reward.sandbox.name_rules import NameRules
from text2reward.sandbox.numpy_vocabulary import LIBRARIES, NUMPY_VOCABULARY
from text2reward.sandbox.rules import chain
from text2reward.sandbox.syntax_rules import check_syntax

ENTRY = "compute_dense_reward"
SIGNATURE = f"def {ENTRY}(self, action):"
_REMEMBERED = ("prev", "last", "_prev", "_last", "old", "initial", "init_", "history")
_MOST_NAMED = 12
GRASPS = ("check_grasp", "is_grasping")


def _check(tree: ast.Module, layout: StateLayout) -> list[Finding]:
    function = entry_of(tree, ENTRY)
    if function is None:
        return [_no_entry(tree)]
    rows = published.Rows(layout.to_json())
    names = _Names(tree, layout, rows, function)
    names.visit(tree)
    return [*_entry(function, rows), *check_syntax(tree, ENTRY, ()), *names.findings]


def _no_entry(tree: ast.Module) -> Finding:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name in (ENTRY, "compute_reward"):
            how = "take it out of its class" if node.name == ENTRY else f"rename {node.name}"
            return Finding("no-entry", f"the program must define `{SIGNATURE}` outside a class; {how}", node.lineno)
    return Finding("no-entry", f"the program must define `{SIGNATURE}`")


def _entry(function: ast.FunctionDef, rows: published.Rows) -> Iterator[Finding]:
    arguments = plain_arguments(function)
    if arguments is None or len(arguments) not in (2, 3):
        yield Finding(
            "signature", f"the signature must be `{SIGNATURE}`, with obs as a third if at all", function.lineno
        )
    elif arguments[1] in ("obs", "observation"):
        yield Finding("signature", f"the second argument is the action, not {arguments[1]}", function.lineno)
    elif len(arguments) == 3 and not rows.observed:
        message = "obs is known for Meta-World's tasks alone; read self, and take the third argument away"
        yield Finding("signature", message, function.lineno)
    if returns_nothing(function):
        yield Finding("no-return", f"{ENTRY} returns nothing; return the reward, a number", function.lineno)


class _Names(NameRules):
    """Looks attributes of ``self`` up in what the task has under the names of published programs."""

    def __init__(self, tree: ast.Module, layout: StateLayout, rows: published.Rows, function: ast.FunctionDef) -> None:
        arguments = [argument.arg for argument in function.args.args]
        self._me, self._obs = arguments[0] if arguments else "self", arguments[2] if len(arguments) > 2 else ""
        super().__init__(tree, layout, ENTRY, NUMPY_VOCABULARY, roots=())
        self._world, self._slots = published.build(rows), published.observed_fields(rows)
        self._paths = sorted(_paths(self._world, "", set()))
        self._leaves |= {part for path in self._paths for part in path.split(".")}

    def visit_Attribute(self, node: ast.Attribute) -> None:
        root, path = chain(node)
        if root == self._me:
            if isinstance(node.ctx, ast.Load):  # the syntax rules refuse the others
                self._published(node, path)
        else:
            super().visit_Attribute(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.value, ast.Name) and node.value.id == self._obs and self._slots:
            self._observed(node)
            self.visit(node.slice)
        else:
            self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id == self._obs and self._slots:  # other uses are not gone into
            text = f"{node.id} as a whole has slots that are no field of the task; read those that are: "
            self._find(node, "unknown-field", text + _spans(set(self._slots)))
        super().visit_Name(node)

    def _published(self, node: ast.AST, path: list[str]) -> None:
        view: Any = self._world
        for number, name in enumerate(path):
            if not isinstance(view, published.View):
                self._tensor_attribute(node, name)
                return
            below = published.parts(view)
            if name not in below:
                self._find(node, "unknown-field", self._unknown(path[: number + 1], list(below)))
                return
            view = below[name]

    def _unknown(self, path: list[str], there: list[str]) -> str:
        written = f"{self._me}.{'.'.join(path)}"
        if path[-1].startswith(_REMEMBERED):
            before = f"; obs[{published.PREVIOUS}:] holds the state before the step" if self._slots else ""
            return f"{written} does not exist: a program keeps no state between calls{before}"
        if path[-1] in GRASPS:
            return f"{written} does not exist: no field of the task says what is grasped"
        near = nearest(".".join(path), self._paths) or next(
            (p for p in self._paths if p.endswith(f".{path[-1]}")), None
        )
        if near:
            return f"{written} does not exist; did you mean {self._me}.{near}?"
        shown = [*there[:_MOST_NAMED], *(["…"] if len(there) > _MOST_NAMED else [])]
        return f"{written} does not exist; there is {', '.join(shown)}"

    def _observed(self, node: ast.Subscript) -> None:
        """Slots that the task leaves unused hold nothing."""
        wanted = _positions(node.slice)
        if any(i not in self._slots for i in wanted):
            text = f"obs[{ast.unparse(node.slice)}] is no field of the task; obs holds {_spans(set(self._slots))}"
            self._find(node, "unknown-field", text)


def _remarks(tree: ast.Module) -> list[Finding]:
    """A grasp is known at 85 degrees alone."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in GRASPS:
            named = [keyword.value for keyword in node.keywords if keyword.arg == "max_angle"]
            for angle in [*node.args[1:], *named]:
                if not isinstance(angle, ast.Constant) or angle.value != 85:
                    text = f"a grasp is known for max_angle=85 alone; {ast.unparse(angle)} is taken for 85"
                    found.append(Finding("grasp-angle", text, node.lineno, level="warning"))
    return found


def _positions(index: ast.expr) -> range:
    try:
        if isinstance(index, ast.Slice):
            ends = [None if end is None else ast.literal_eval(end) for end in (index.lower, index.upper, index.step)]
            return range(published.OBSERVATION_SIZE)[slice(*ends)]
        place = ast.literal_eval(index)
        return range(published.OBSERVATION_SIZE)[place : place + 1 or None]
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return range(0)  # known when it runs


def _spans(filled: set[int]) -> str:
    """Positions as slices, for people."""
    starts = sorted(i for i in filled if i - 1 not in filled)
    return ", ".join(f"{i}:{next(j for j in range(i, 99) if j not in filled)}" for i in starts)


def _paths(view: published.View, head: str, seen: set[int]) -> Iterator[str]:
    """Everything that can be written after ``self.``; a thing with several names is gone into under the first."""
    for name, part in published.parts(view).items():
        yield f"{head}{name}"
        if isinstance(part, published.View) and id(part) not in seen:
            seen.add(id(part))
            yield from _paths(part, f"{head}{name}.", seen)


class _Recorder(published.Rows):
    """Remembers which fields were asked for."""

    def __init__(self, layout: Mapping[str, Any]) -> None:
        super().__init__(layout)
        self.seen: set[str] = set()

    def read(self, name: str) -> Any:
        self.seen.add(name)
        value = np.zeros(self.fields[name]["shape"])
        return value if value.ndim else 0.0

    before = read


def _reads(tree: ast.Module, layout: StateLayout) -> list[str]:
    function = entry_of(tree, ENTRY)
    if function is None or not function.args.args:
        return []
    rows = _Recorder(layout.to_json())
    world, me = published.build(rows), function.args.args[0].arg
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    inner = {id(node.value) for node in nodes}
    for node in nodes:
        if id(node) not in inner:
            _touch(world, me, node, rows, {each.attr for each in nodes})
    if len(function.args.args) > 2:
        rows.seen |= _observed(tree, function.args.args[2].arg, rows)
    return [name for name in layout.names if name in rows.seen]


def _touch(world: published.View, me: str, node: ast.Attribute, rows: _Recorder, written: set[str]) -> None:
    """Read what ``node`` names, if it is something of ``self``; of a thing, what is written of it elsewhere."""
    root, path = chain(node)
    part: Any = world
    for name in path if root == me else ():
        if not isinstance(part, published.View):
            break  # the rest are attributes of a value
        if name not in published.parts(part):
            return
        part = published.parts(part)[name]
    if isinstance(part, published.View):
        if part is not world:
            _read_parts(part, rows, written)
    else:
        _read(part, path, rows)


def _read_parts(view: published.View, rows: _Recorder, written: set[str]) -> None:
    for name, part in published.parts(view).items():
        if name in written and not isinstance(part, published.View):
            _read(part, [name], rows)


def _read(part: Any, path: list[str], rows: _Recorder) -> None:
    if set(path) & set(GRASPS):
        rows.seen |= {name for name in rows.fields if name.startswith("robot.is_grasping_")}
    else:
        with contextlib.suppress(Exception):  # what is worked out of fields of odd shapes may fail on zeros
            part()


def _observed(tree: ast.Module, obs: str, rows: published.Rows) -> set[str]:
    """The fields that lie where a program looks into ``obs``."""
    slots, looked = published.observed_fields(rows), set[int]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == obs:
            looked |= set(_positions(node.slice))
    return {slots[slot] for slot in looked & slots.keys()}


TEXT2REWARD = Dialect(
    name="text2reward",
    entry=ENTRY,
    signature=SIGNATURE,
    check=_check,
    reads=_reads,
    remarks=_remarks,
    libraries=LIBRARIES,
    silent=frozenset([REST]),
    by_row=True,
)
