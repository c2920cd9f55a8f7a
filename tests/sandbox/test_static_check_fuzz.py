"""Whatever the static check accepts names nothing outside the facade, as compiled and when it runs."""

from __future__ import annotations

import ast
import dis
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

from families import FAMILIES
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from text2reward.sandbox import facade, program
from text2reward.sandbox.static_check import check_source

WORLD = FAMILIES["stack"]
FIELDS = {part for name in WORLD.layout.names for part in name.split(".")}
LEGITIMATE = [path.read_text() for path in sorted((Path(__file__).parent / "legitimate" / "stack").glob("*.py"))]

MODULES = {"torch", "math", "torch.nn", "torch.nn.functional", "torch.linalg", "torch.special"}
ATTRIBUTES = facade.TENSOR | FIELDS
PARTS = {part for name in facade.FUNCTIONS for part in name.split(".")}

GOOD_NAMES = [
    "state",
    "action",
    "prev",
    "torch",
    "math",
    "F",
    "d",
    "x",
    "y",
    "range",
    "len",
    "sum",
    "str",
    "map",
    "max",
]
BAD_NAMES = """
open eval exec getattr setattr vars globals locals __import__ __builtins__ type object super os sys print compile dir
breakpoint input help memoryview __name__ __file__ __loader__ _x __x np numpy ｔorch 𝓉orch
""".split()
GOOD_ATTRIBUTES = (
    "robot red green pos quat ee_pos clamp norm sum linalg exp tanh nn functional relu pi values T".split()
)
BAD_ATTRIBUTES = """
__class__ __globals__ __dict__ __bases__ __subclasses__ __mro__ __code__ __closure__ __self__ __func__ __module__
__reduce__ __getattribute__ __builtins__ __init__ gi_frame f_back f_globals tb_frame cr_frame data grad numpy
serialization _C ops utils hub jit load save format format_map mro _values _path storage untyped_storage data_ptr apply_
map_ set_ resize_ os sys modules fork share_memory_ _make_subclass register_hook ｓave
""".split()


def _mostly(good: list[str], bad: list[str]) -> st.SearchStrategy[str]:
    return st.integers(0, 19).flatmap(lambda n: st.sampled_from(bad if n == 0 else good))


names = _mostly(GOOD_NAMES, BAD_NAMES)
attributes = _mostly(GOOD_ATTRIBUTES, BAD_ATTRIBUTES)
own_names = _mostly(["d", "x", "y", "g"], ["torch", "F", "range", "__x", "state", "open", "len"])
texts = _mostly(["a", "near", "__class__", "os", "{0.__class__}", "%s"], ["\x00", "%1000000000d"])
paths = _mostly(
    ["torch.tanh", "torch.linalg.norm", "math.pi", "F.relu", "state.red.pos", "action", "d", "x.clamp", "state.red"],
    ["torch.serialization.os.system", "torch._C", "torch.ops", "math.__loader__", "F.torch", "state._values", "x.data"],
)


def _extend(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(inner, inner)
    return st.one_of(
        st.tuples(inner, attributes).map(lambda p: f"({p[0]}).{p[1]}"),
        pairs.map(lambda p: f"({p[0]})({p[1]})"),
        st.tuples(inner, own_names, inner).map(lambda p: f"({p[0]})({p[1]}={p[2]})"),
        st.tuples(inner, st.sampled_from(["out", "dim", "device", "_x", "dtype"])).map(lambda p: f"({p[0]})({p[1]}=1)"),
        pairs.map(lambda p: f"({p[0]})[{p[1]}]"),
        st.tuples(inner, st.sampled_from("+ - * / @ % & | < == and or".split()), inner).map(
            lambda p: f"({p[0]}) {p[1]} ({p[2]})"
        ),
        st.tuples(own_names, inner).map(lambda p: f"(lambda {p[0]}: {p[1]})"),
        st.tuples(inner, own_names, inner).map(lambda p: f"[{p[0]} for {p[1]} in ({p[2]})]"),
        st.tuples(inner, inner, inner).map(lambda p: f"({p[0]} if {p[1]} else {p[2]})"),
        pairs.map(lambda p: f"({p[0]}, {p[1]})"),
        st.tuples(texts, inner).map(lambda p: f"{{{p[0]!r}: {p[1]}}}"),
        st.tuples(own_names, st.sampled_from(["", "", "!r", ":>9"])).map(lambda p: f"f'{{{p[0]}{p[1]}}}'"),
        st.tuples(own_names, inner).map(lambda p: f"({p[0]} := {p[1]})"),
    )


expressions = st.recursive(
    st.one_of(names, paths, texts.map(repr), st.sampled_from(["1", "0.5", "True", "None", "-1", "..."])),
    _extend,
    max_leaves=6,
)
statements = st.one_of(
    st.tuples(own_names, expressions).map(lambda p: f"{p[0]} = {p[1]}"),
    st.tuples(own_names, expressions).map(lambda p: f"{p[0]} += {p[1]}"),
    st.tuples(own_names, expressions, expressions).map(lambda p: f"{p[0]}: {p[1]} = {p[2]}"),
    st.tuples(expressions, attributes, expressions).map(lambda p: f"({p[0]}).{p[1]} = {p[2]}"),
    st.tuples(expressions, expressions).map(lambda p: f"x[{p[0]}] = {p[1]}"),
    st.tuples(own_names, expressions, expressions).map(lambda p: f"for {p[0]} in {p[1]}: {p[2]}"),
    st.tuples(expressions, expressions).map(lambda p: f"if {p[0]}: {p[1]}"),
    st.tuples(expressions, expressions).map(lambda p: f"with {p[0]}: {p[1]}"),
    st.tuples(expressions, expressions).map(lambda p: f"assert {p[0]}, {p[1]}"),
    st.tuples(own_names, own_names, expressions).map(lambda p: f"def {p[0]}({p[1]}): return {p[2]}"),
    expressions,
)
imports = st.one_of(
    st.sampled_from(["import torch", "import math as m", "from math import pi as x", "import torch.nn as g", ""]),
    st.tuples(
        st.sampled_from(["torch", "math", "typing", "torch.nn", "os", "torch.serialization"]), names, own_names
    ).map(lambda p: f"from {p[0]} import {p[1]} as {p[2]}"),
    st.tuples(st.sampled_from(["torch", "math", "typing", "os", "torch._C"]), own_names).map(
        lambda p: f"import {p[0]} as {p[1]}"
    ),
)


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A program out of nothing, with few lines that reach further."""
    top = draw(st.lists(imports, max_size=2))
    body = ["d = action[:, 0]", "x = state.red.pos", "y = [d]", *draw(st.lists(statements, max_size=5))]
    lines = [*top, "def compute_reward(state, action, prev):", *(f"    {line}" for line in body)]
    return "\n".join([*lines, f"    return {{'a': {draw(expressions)}}}"])


@st.composite
def mutants(draw: st.DrawFn) -> str:
    """A legitimate program in which one expression was replaced by another."""
    tree = ast.parse(draw(st.sampled_from(LEGITIMATE)))
    places = [(node, name, i) for node in ast.walk(tree) for name, i in _expression_places(node)]
    node, name, i = draw(st.sampled_from(places))
    try:
        new = ast.parse(draw(expressions), mode="eval").body
        if i is None:
            setattr(node, name, new)
        else:
            getattr(node, name)[i] = new
        return ast.unparse(tree)
    except (SyntaxError, ValueError):  # not an expression, or one that cannot stand where it was put (in an f-string)
        return ""


def _expression_places(node: ast.AST) -> Iterator[tuple[str, int | None]]:
    for name, value in ast.iter_fields(node):
        if isinstance(value, ast.expr) and isinstance(getattr(value, "ctx", ast.Load()), ast.Load):
            yield name, None
        elif isinstance(value, list):
            yield from (
                (name, i) for i, v in enumerate(value) if isinstance(v, ast.expr) and not isinstance(v, ast.Starred)
            )


def assert_harmless(source: str) -> None:
    """The property, for a program that was accepted."""
    code = program.compile_program(source)
    for each in _codes(code):
        _assert_bytecode(each)
    seen: list[str] = []
    names_now: dict[str, Any] = {name: Spy(seen, full) for name, full in facade.GIVEN.items()}
    names_now["__builtins__"] = {**program.program_builtins(), "__import__": _SpyImport(seen)}
    spies = [Spy(seen, "") for _ in facade.ARGUMENTS]
    try:
        exec(code, names_now)
        names_now[facade.ENTRY](*spies)
    except Exception as error:
        event(f"raises {type(error).__name__}")
    for path in seen:
        inside = path in MODULES or path in facade.FUNCTIONS or path in {f".{name}" for name in ATTRIBUTES}
        assert inside, f"{path} was reached by\n{source}"


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _assert_bytecode(code: CodeType) -> None:
    for step in dis.get_instructions(code):
        name = str(step.argval)
        if step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            assert name in ATTRIBUTES | PARTS, name
        elif step.opname == "IMPORT_NAME":
            assert name in facade.IMPORTS, name
        elif step.opname in ("LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "STORE_NAME", "IMPORT_FROM"):
            assert not name.startswith("__") or (step.opname, name) == ("STORE_NAME", "__doc__"), name
        assert step.opname not in ("STORE_ATTR", "DELETE_ATTR", "LOAD_BUILD_CLASS", "IMPORT_STAR", "YIELD_FROM"), step


class Spy:
    """Stands for a module or a tensor, does whatever is asked of it, and notes every attribute that is read.

    Args:
        seen: where the notes go.
        path: the module it stands for; empty for a value.
    """

    def __init__(self, seen: list[str], path: str) -> None:
        object.__setattr__(self, "_about", (seen, path))

    def __getattribute__(self, name: str) -> Any:
        seen, path = object.__getattribute__(self, "_about")
        full = f"{path}.{name}"
        seen.append(full)
        if len(seen) > 2_000:
            raise RuntimeError("enough")
        return Spy(seen, full if full in MODULES else "")

    def _value(self, *_: Any, **__: Any) -> Spy:
        seen, _path = object.__getattribute__(self, "_about")
        return Spy(seen, "")

    __call__ = __getitem__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = _value
    __rtruediv__ = __matmul__ = __mod__ = __rmod__ = __and__ = __rand__ = __or__ = __ror__ = __neg__ = _value
    __invert__ = __pow__ = __lt__ = __le__ = __gt__ = __ge__ = __enter__ = _value

    def __setitem__(self, key: object, value: object) -> None: ...
    def __exit__(self, *_: object) -> None: ...
    def __iter__(self) -> Iterator[Any]:
        return iter([Spy.__call__(self) for _ in range(3)])

    def __len__(self) -> int:
        return 3

    def __bool__(self) -> bool:
        return True


class _SpyImport:
    def __init__(self, seen: list[str]) -> None:
        self._seen = seen

    def __call__(
        self, name: str, globals: object = None, locals: object = None, fromlist: object = (), *_: object
    ) -> Any:
        self._seen.append(name)
        return Spy(self._seen, name if fromlist else name.split(".")[0])


ACCEPTED = {"programs": 0, "mutants": 0}
MANY = settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def _check(kind: str, source: str) -> None:
    if not check_source(source, WORLD.layout):
        ACCEPTED[kind] += 1
        assert_harmless(source)


@MANY
@given(programs())
def test_generated_programs(source):
    _check("programs", source)


@MANY
@given(mutants())
def test_changed_legitimate_programs(source):
    _check("mutants", source)


def test_enough_was_accepted_for_that_to_mean_something():
    if not ACCEPTED["programs"]:
        test_generated_programs()
    if not ACCEPTED["mutants"]:
        test_changed_legitimate_programs()
    assert ACCEPTED["programs"] >= 30
    assert ACCEPTED["mutants"] >= 100


def test_the_property_can_fail():
    for line in ("x = torch.serialization", "x = action.__class__", "import os", "x = (lambda q: q.data)(action)"):
        source = f"def compute_reward(state, action, prev):\n    {line}\n    return {{}}\n"
        try:
            assert_harmless(source)
        except AssertionError:
            continue
        raise AssertionError(f"{line} was not noticed")
