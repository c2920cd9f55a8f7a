"""The syntax a reward program may use: what computes on whole batches, takes no time, and keeps no state."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from text2reward.record.finding import Finding
from text2reward.sandbox import facade
from text2reward.sandbox.rows import Rows
from text2reward.sandbox.rules import Rules, parameters

MAX_TURNS = 64
MAX_LOOPS = 3
MAX_INTEGER = 10**9
MAX_EXPONENT = 64
MAX_TEXT = 2_000

ALLOWED = frozenset(
    """
    Module FunctionDef arguments arg Return Assign AnnAssign AugAssign For If Expr Pass Break Continue Assert BoolOp
    BinOp UnaryOp Lambda IfExp Dict ListComp DictComp GeneratorExp comprehension Compare Call keyword JoinedStr
    FormattedValue Constant Attribute Subscript Starred Name List Tuple Slice Load Store And Or Not Add Sub Mult Div
    FloorDiv Mod Pow MatMult USub UAdd Invert BitAnd BitOr BitXor Eq NotEq Lt LtE Gt GtE Is IsNot In NotIn Import
    ImportFrom alias With withitem
    """.split()
)
"""Names of the syntax nodes that may occur."""

_REFUSED = {
    "While": ("a while loop", "write it as tensor operations over the batch"),
    "ClassDef": ("a class", "use functions and module constants"),
    "Try": ("try", "write code that cannot fail; clamp before log, sqrt and division"),
    "TryStar": ("try", "write code that cannot fail; clamp before log, sqrt and division"),
    "Raise": ("raise", "return terms for every input"),
    "Global": ("global", "a program keeps no state between calls"),
    "Nonlocal": ("nonlocal", "a program keeps no state between calls"),
    "Delete": ("del", "drop the line"),
    "NamedExpr": ("an assignment within an expression, with :=,", "assign on a line of its own"),
    "Set": ("a set", "use a tuple or a list"),
    "SetComp": ("a set", "use a list"),
    "Yield": ("yield", "return a dict of terms"),
    "YieldFrom": ("yield", "return a dict of terms"),
    "Await": ("await", "a program is a plain function"),
    "AsyncFunctionDef": ("async def", "write a plain function"),
    "AsyncFor": ("async for", "write a plain loop"),
    "AsyncWith": ("async with", "drop it"),
    "Match": ("match", "use torch.where"),
    "LShift": ("the operator <<", "multiply instead"),
    "RShift": ("the operator >>", "divide instead"),
}
"""How people call the syntax nodes that may not occur, and what to write in their place."""
_CHANGING = ("append", "extend", "update", "setdefault")
_WITH = ("torch.no_grad()", "torch.inference_mode()")
_PLAIN_FORMAT = re.compile(r"[^%]*(%[sdif][^%]*)*")
_ELEMENTWISE = {"min": "torch.minimum(a, b)", "max": "torch.maximum(a, b)"}
_NUMBERS = frozenset("float int bool str tuple range abs min max round len".split())
_CASTS = {"float": "x.float()", "int": "x.long()", "bool": "x.bool()", "round": "torch.round(x)"}


def check_syntax(tree: ast.Module, entry: str, arguments: Sequence[str]) -> list[Finding]:
    """Findings about the syntax of a parsed program, in no particular order.

    Args:
        entry: the function that is called.
        arguments: those of its arguments that hold one value per row; none where it is called for one row at a time.
    """
    rules = _SyntaxRules(tree, entry, arguments)
    rules.visit(tree)
    return rules.findings


class _SyntaxRules(Rules):
    def __init__(self, tree: ast.Module, entry: str, arguments: Sequence[str]) -> None:
        super().__init__()
        self._rows = Rows(tree, arguments, entry)
        self._inputs = arguments
        self._loops = self._functions = 0
        self._lasting = {
            name.id for node in tree.body if not isinstance(node, ast.FunctionDef) for name in _stored(node)
        }
        for node in tree.body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.GeneratorExp):
                self._find(node, "mutation", "a generator changes when it is read; use a tuple")

    def generic_visit(self, node: ast.AST) -> None:
        kind = type(node).__name__
        if kind in ALLOWED:
            super().generic_visit(node)
        else:
            what, instead = _REFUSED.get(kind, ("such syntax", "write it more plainly"))
            self._find(node, "syntax-not-allowed", f"{what} is not allowed in a reward program; {instead}")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for decorator in node.decorator_list:
            if ast.unparse(decorator) not in facade.DROPPED_DECORATORS:
                self._find(decorator, "syntax-not-allowed", "decorators are not allowed; drop it")
        if node.args.kwarg:
            self._find(node, "syntax-not-allowed", "**kwargs are not allowed; name the arguments")
        for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
            if not _lasts(default):
                self._find(default, "mutation", "a default value that can change keeps state; use a number or a tuple")
            self.visit(default)
        outside = self._lasting
        self._lasting = outside - {name.id for name in _stored(node)} - {each.arg for each in parameters(node)}
        self._functions += 1
        for statement in node.body:
            self.visit(statement)
        self._functions -= 1
        self._lasting = outside

    def visit_Lambda(self, node: ast.Lambda) -> None:
        if node.args.kwarg:
            self._find(node, "syntax-not-allowed", "**kwargs are not allowed; name the arguments")
        self.generic_visit(node)

    def visit_With(self, node: ast.With) -> None:
        harmless = all(item.optional_vars is None and ast.unparse(item.context_expr) in _WITH for item in node.items)
        if not harmless:
            self._find(node, "syntax-not-allowed", "`with` is only allowed for torch.no_grad(); drop it")
        for statement in node.body:
            self.visit(statement)

    # -- rows ---------------------------------------------------------------------------------------------------

    def visit_For(self, node: ast.For) -> None:
        self._loops += 1
        if self._loops > MAX_LOOPS:
            self._find(node, "loop", f"loops are nested more than {MAX_LOOPS} deep; use tensor operations")
        self._no_loop_over_rows(node.iter)
        if node.orelse:
            self._find(node, "syntax-not-allowed", "for/else is not allowed; drop the else")
        self.generic_visit(node)
        self._loops -= 1

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self._no_loop_over_rows(node.iter)
        for test in node.ifs:
            self._no_branch(test)
        if node.is_async:
            self._find(node.iter, "syntax-not-allowed", "a program is a plain function")
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        self._no_branch(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._no_branch(node.test)
        self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        self._no_branch(node.test)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        if any(self._rows.hold(value) for value in node.values):
            word, sign = ("and", "&") if isinstance(node.op, ast.And) else ("or", "|")
            self._find(node, "branch", f"`{word}` decides for all rows at once; write (a) {sign} (b)")
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not) and self._rows.hold(node.operand):
            self._find(node, "branch", "`not` decides for all rows at once; write ~(a)")
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        if len(node.ops) > 1 and self._rows.hold(node):
            self._find(node, "branch", "a chained comparison decides for all rows at once; write (a < b) & (b < c)")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        for keyword in node.keywords:
            self._keyword(node, keyword)
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if name in self._lasting:
                if method in _CHANGING:
                    self._find(node, "mutation", f".{method} changes {name} for later calls; a program keeps no state")
            case ast.Call(func=ast.Name(id=name), args=[_, _, *_]) if name in _ELEMENTWISE:
                if any(self._rows.hold(argument) for argument in node.args):
                    self._find(node, "branch", f"{name} decides for all rows at once; write {_ELEMENTWISE[name]}")
            case ast.Call(func=ast.Name(id=name), args=[argument]) if name in _CASTS and self._rows.hold(argument):
                self._find(node, "branch", f"{name}() makes one number of all rows; write {_CASTS[name]}")
            case ast.Call(func=ast.Attribute(value=ast.Name(id="math"), attr=name), args=[argument, *_]):
                if self._rows.hold(argument):
                    self._find(node, "branch", f"math.{name} takes one number; write torch.{name} for all rows")
        self.generic_visit(node)

    def _keyword(self, node: ast.Call, keyword: ast.keyword) -> None:
        if keyword.arg is None:
            self._find(node, "syntax-not-allowed", "** in a call is not allowed; write the arguments out")
        elif keyword.arg in ("out", "requires_grad", "pin_memory", "names") or keyword.arg.startswith("_"):
            self._find(node, "argument", f"the argument {keyword.arg}= is not allowed; drop it")
        elif keyword.arg == "device" and isinstance(keyword.value, ast.Constant) and keyword.value.value != "cpu":
            self._find(node, "argument", "tensors stay where the inputs are; write device=action.device or drop it")

    def _no_loop_over_rows(self, iterable: ast.expr) -> None:
        if self._rows.one_by_one(iterable):
            self._find(iterable, "loop", "loops over rows; write the operation for all rows at once on the tensors")
        elif not _short(iterable):
            self._find(iterable, "loop", f"loops more than {MAX_TURNS} times; write it as tensor operations")

    def _no_branch(self, test: ast.expr) -> None:
        if self._rows.hold(test):
            self._find(
                test, "branch", "a branch on the state decides for all rows at once; use torch.where(condition, a, b)"
            )

    # -- values -------------------------------------------------------------------------------------------------

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.ctx, ast.Store):
            root: ast.expr = node.value
            while isinstance(root, ast.Subscript | ast.Attribute):
                root = root.value
            if not isinstance(root, ast.Name) or root.id in self._inputs:
                self._find(node, "mutation", "writes into an input; use torch.where, or .clone() it first")
            elif root.id in self._lasting and self._functions:
                self._find(node, "mutation", f"changes {root.id} for later calls; a program keeps no state")
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Store):
            self._find(node, "mutation", f"assigning to .{node.attr} is not allowed; a program keeps no state")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, bytes | complex):
            self._find(node, "constant", f"{type(value).__name__} constants are not allowed")
        elif isinstance(value, int) and abs(value) > MAX_INTEGER:
            self._find(node, "constant", f"a number is larger than {MAX_INTEGER:,}; write it as a float such as 1e12")
        elif isinstance(value, str) and len(value) > MAX_TEXT:
            self._find(node, "constant", f"a text is longer than {MAX_TEXT} characters; shorten it")

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.Mult) and _repeats(node.left, node.right):
            self._find(node, "constant", "repeats a list or text; use torch.full, or a comprehension")
        if isinstance(node.op, ast.Mod) and _text(node.left) and not _plain_format(node.left):
            self._find(node, "constant", "formats text; use a plain name, or %s and %d without a width")
        if isinstance(node.op, ast.Pow) and (_large_exponent(node.right) or _tower(node.left)):
            self._find(node, "constant", f"the exponent is too large; use at most {MAX_EXPONENT}")
        self.generic_visit(node)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> None:
        if node.format_spec is not None or node.conversion != -1:
            self._find(node, "syntax-not-allowed", "an f-string holds plain values; drop the format after : or !")
        self.visit(node.value)


def _short(iterable: ast.expr) -> bool:
    """Whether a literal is short enough to loop over; what is no literal is bounded when the program runs."""
    if isinstance(iterable, ast.Tuple | ast.List):
        return len(iterable.elts) <= MAX_TURNS
    if isinstance(iterable, ast.Call) and isinstance(iterable.func, ast.Name) and iterable.func.id == "range":
        try:
            return len(range(*map(ast.literal_eval, iterable.args))) <= MAX_TURNS
        except (ValueError, TypeError, OverflowError, RecursionError, MemoryError, SyntaxError):
            return True
    return True


def _repeats(left: ast.expr, right: ast.expr) -> bool:
    """Whether a list or text is repeated more often than a loop may turn."""
    for many, times in ((left, right), (right, left)):
        if isinstance(many, ast.List | ast.Tuple) or _text(many):
            return not (isinstance(times, ast.Constant) and times.value in range(MAX_TURNS + 1))
    return False


def _text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _plain_format(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and bool(_PLAIN_FORMAT.fullmatch(str(node.value)))


def _stored(node: ast.AST) -> list[ast.Name]:
    return [part for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]


def _lasts(default: ast.expr) -> bool:
    """Whether a default value stays what it is from call to call."""
    match default:
        case ast.List() | ast.Dict() | ast.ListComp() | ast.DictComp() | ast.GeneratorExp():
            return False
        case ast.Call(func=ast.Name(id=name)):
            return name in _NUMBERS
        case ast.Call(func=ast.Attribute(value=ast.Name(id="math"))):
            return True
        case ast.Call():
            return False
        case _:
            return True


def _tower(node: ast.expr) -> bool:
    """Whether powers of powers of nothing but whole numbers are raised once more."""
    parts = [*ast.walk(node)]
    whole = all(isinstance(part.value, int) for part in parts if isinstance(part, ast.Constant))
    powers = sum(isinstance(part, ast.Pow) for part in parts)
    return powers > 0 and whole and not any(isinstance(part, ast.Name) for part in parts)


def _large_exponent(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float) and abs(node.value) > MAX_EXPONENT
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)
