"""The allow-list of syntax, names and attributes, walked over a parsed reward program."""

from __future__ import annotations

import ast

from text2reward.envs.field import StateLayout
from text2reward.errors import nearest
from text2reward.record.finding import Finding
from text2reward.sandbox import facade

MAX_RANGE = 64
MAX_LOOPS = 2
MAX_INTEGER = 10**9
MAX_EXPONENT = 16
MAX_TEXT = 2_000

_NODES = frozenset(
    """
    Module FunctionDef arguments arg Return Assign AnnAssign AugAssign For If Expr Pass Break Continue BoolOp BinOp
    UnaryOp Lambda IfExp Dict ListComp DictComp GeneratorExp comprehension Compare Call keyword JoinedStr
    FormattedValue Constant Attribute Subscript Name List Tuple Slice Load Store And Or Not Add Sub Mult Div FloorDiv
    Mod Pow MatMult USub UAdd Invert BitAnd BitOr BitXor Eq NotEq Lt LtE Gt GtE Is IsNot In NotIn Import ImportFrom
    alias With withitem
    """.split()
)

_INSTEAD = {
    "While": "write it as tensor operations over the batch",
    "ClassDef": "use functions and module constants",
    "Try": "write code that cannot fail; clamp before log, sqrt and division",
    "Raise": "return terms for every input",
    "Assert": "return terms for every input",
    "Global": "a program keeps no state between calls",
    "Nonlocal": "a program keeps no state between calls",
    "Delete": "drop the line",
    "NamedExpr": "assign on a line of its own",
    "Starred": "write the arguments out",
    "Set": "use a tuple or a list",
    "SetComp": "use a list",
    "Yield": "return a dict of terms",
    "YieldFrom": "return a dict of terms",
    "Await": "a program is a plain function",
    "AsyncFunctionDef": "write a plain function",
    "Match": "use torch.where",
    "LShift": "multiply instead",
    "RShift": "divide instead",
}


class ProgramVisitor(ast.NodeVisitor):
    """Collects findings about one program.

    Args:
        tree: the parsed program.
        layout: the task's fields.
    """

    def __init__(self, tree: ast.Module, layout: StateLayout) -> None:
        self.findings: list[Finding] = []
        self._fields = layout.names
        self._groups = {name.split(".")[0] for name in layout.names}
        self._leaves = {name.split(".")[1] for name in layout.names}
        self._functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        self._bound = _bound_names(tree)
        self._depth = 0
        self._loops = 0
        for node in tree.body:
            self.visit(node)

    # -- statements ---------------------------------------------------------------------------------------------

    def generic_visit(self, node: ast.AST) -> None:
        """Refuse any syntax that is not on the list."""
        kind = type(node).__name__
        if kind not in _NODES:
            instead = _INSTEAD.get(kind)
            self._find(node, "syntax-not-allowed", f"{kind} is not allowed in a reward program{_because(instead)}")
            return
        super().generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        """Only torch, math and torch.nn.functional, at the top, under their usual names."""
        for alias in node.names:
            known_as = facade.IMPORTS.get(alias.name)
            name = alias.asname or alias.name
            plain = name in (known_as, alias.name)
            if known_as is None or not plain or (name == "torch.nn.functional" and alias.asname):
                self._refuse_import(node, alias.name)
        self._only_at_top(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """``from torch.nn import functional as F`` and nothing else."""
        for alias in node.names:
            if (node.module, alias.name, alias.asname) != ("torch.nn", "functional", "F"):
                self._refuse_import(node, f"{node.module}.{alias.name}")
        self._only_at_top(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Plain helper functions at the top of the file; annotations are ignored."""
        if node.decorator_list:
            self._find(node, "syntax-not-allowed", "decorators are not allowed; drop it")
        if self._depth:
            self._find(node, "syntax-not-allowed", "define functions at the top of the file, not inside others")
        self._bind(node, node.name, function=True)
        arguments = node.args
        for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
            self._bind(argument, argument.arg)
        if arguments.vararg or arguments.kwarg:
            self._find(node, "syntax-not-allowed", "*args and **kwargs are not allowed; name the arguments")
        for default in [*arguments.defaults, *filter(None, arguments.kw_defaults)]:
            if any(isinstance(part, ast.Call) for part in ast.walk(default)):
                self._find(default, "syntax-not-allowed", "default values must be constants")
            self.visit(default)
        self._depth += 1
        for statement in node.body:
            self.visit(statement)
        self._depth -= 1

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Small functions of plain arguments."""
        for argument in node.args.args:
            self._bind(argument, argument.arg)
        if node.args.defaults or node.args.kw_defaults or node.args.vararg or node.args.kwarg:
            self._find(node, "syntax-not-allowed", "a lambda takes plain arguments without defaults")
        self.visit(node.body)

    def visit_With(self, node: ast.With) -> None:
        """``with torch.no_grad():`` does no harm; nothing else is opened."""
        items = node.items
        harmless = len(items) == 1 and items[0].optional_vars is None
        if not harmless or ast.unparse(items[0].context_expr) != "torch.no_grad()":
            self._find(node, "syntax-not-allowed", "`with` is only allowed for torch.no_grad(); drop it")
        for statement in node.body:
            self.visit(statement)

    def visit_For(self, node: ast.For) -> None:
        """Loops over a literal range or tuple, never over rows."""
        self._loops += 1
        if self._loops > MAX_LOOPS:
            self._find(node, "loop", f"loops are nested more than {MAX_LOOPS} deep; use tensor operations")
        if not _short(node.iter):
            self._find(
                node,
                "loop",
                f"loop only over a literal range of at most {MAX_RANGE} or a tuple; "
                "for all rows at once write the operation on the (B,) tensors",
            )
        if node.orelse:
            self._find(node, "syntax-not-allowed", "for/else is not allowed; drop the else")
        super().generic_visit(node)
        self._loops -= 1

    def visit_comprehension(self, node: ast.comprehension) -> None:
        """Comprehensions iterate over what a program names itself, never over rows."""
        if not _short(node.iter) and not isinstance(node.iter, ast.Name | ast.Call):
            self._find(node.iter, "loop", "iterate only over a literal range or tuple")
        super().generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        """A branch on the state is a branch over rows."""
        self._no_branch_over_rows(node.test)
        super().generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        """As :meth:`visit_If`."""
        self._no_branch_over_rows(node.test)
        super().generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Annotations are dropped before the program runs, so they are not looked at."""
        self.visit(node.target)
        if node.value is not None:
            self.visit(node.value)

    # -- expressions --------------------------------------------------------------------------------------------

    def visit_Name(self, node: ast.Name) -> None:
        """Names are bound in the program or on the list of builtins."""
        name = node.id
        if isinstance(node.ctx, ast.Store):
            self._bind(node, name)
        elif name in facade.MODULE_NAMES:
            self._find(node, "module-value", f"{name} may only be used as {name}.<function>")
        elif name in ("np", "numpy"):
            self._find(node, "numpy", "NumPy is not available; use torch")
        elif name not in facade.BUILTINS | self._functions | self._bound:
            near = nearest(name, facade.BUILTINS | self._functions | self._bound)
            self._find(node, "unknown-name", f"{name} is not defined{_did_you_mean(near)}")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Attributes are module functions, state fields, or tensor methods."""
        if isinstance(node.ctx, ast.Store):
            self._find(node, "mutation", f"assigning to .{node.attr} is not allowed; a program keeps no state")
            return
        root, path = _chain(node)
        if root in facade.MODULE_NAMES:
            self._module_function(node, root, path)
        elif root in ("np", "numpy"):
            instead = facade.NUMPY_TO_TORCH.get(path, f"torch.{path.split('.')[-1]}")
            self._find(node, "numpy", f"NumPy is not available; instead of {root}.{path} write {instead}")
        elif root in facade.STATE_ARGUMENTS:
            self._state_field(node, root, path)
        else:
            self._tensor_attribute(node)
            self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        """No arguments that write elsewhere or hide others."""
        for keyword in node.keywords:
            if keyword.arg is None:
                self._find(node, "syntax-not-allowed", "**kwargs are not allowed; write the arguments out")
            elif keyword.arg in ("out", "requires_grad", "device", "pin_memory") or keyword.arg.startswith("_"):
                self._find(node, "argument", f"the argument {keyword.arg}= is not allowed; drop it")
        super().generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """Writing is allowed into the program's own tensors only."""
        if isinstance(node.ctx, ast.Store):
            root = node.value
            while isinstance(root, ast.Subscript | ast.Attribute):
                root = root.value
            if not isinstance(root, ast.Name) or root.id in facade.ARGUMENTS:
                self._find(node, "mutation", "writes into an input; use torch.where, or .clone() it first")
        super().generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Numbers of sane size, short text."""
        value = node.value
        if isinstance(value, bytes | complex) or value is ...:
            if value is not ...:
                self._find(node, "constant", f"{type(value).__name__} constants are not allowed")
        elif isinstance(value, int) and abs(value) > MAX_INTEGER:
            self._find(node, "constant", f"the number {str(value)[:20]} is too large")
        elif isinstance(value, str) and len(value) > MAX_TEXT:
            self._find(node, "constant", "the text is too long")

    def visit_BinOp(self, node: ast.BinOp) -> None:
        """No arithmetic that builds large objects."""
        sides = (node.left, node.right)
        if isinstance(node.op, ast.Mult | ast.Mod) and any(_is_text(side) for side in sides):
            self._find(node, "constant", "text arithmetic is not allowed")
        if isinstance(node.op, ast.Mult) and any(isinstance(side, ast.List | ast.Tuple) for side in sides):
            self._find(node, "constant", "repeating a list is not allowed; use torch.full")
        if isinstance(node.op, ast.Pow) and _large_exponent(node.right):
            self._find(node, "constant", f"the exponent is too large; use at most {MAX_EXPONENT}")
        super().generic_visit(node)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> None:
        """f-strings name terms at most."""
        if node.format_spec is not None or node.conversion != -1 or not isinstance(node.value, ast.Name):
            self._find(node, "syntax-not-allowed", "an f-string may hold plain names only")
        self.visit(node.value)

    # -- rules --------------------------------------------------------------------------------------------------

    def _module_function(self, node: ast.Attribute, root: str, path: str) -> None:
        known = facade.MODULE_NAMES[root]
        if path in known:
            return
        last = path.split(".")[-1]
        hint = facade.HINTS.get(last)
        near = None if hint else nearest(path, known)
        self._find(
            node, "unknown-function", f"{root}.{path} is not available{_because(hint)}{_did_you_mean(near, root)}"
        )

    def _state_field(self, node: ast.Attribute, root: str, path: str) -> None:
        parts = path.split(".")
        name = ".".join(parts[:2])
        if len(parts) == 1:
            if parts[0] not in self._groups:
                near = nearest(parts[0], self._groups)
                self._find(node, "unknown-field", f"{root}.{path} does not exist{_did_you_mean(near, root)}")
            return
        if name not in self._fields:
            near = self._nearest_field(name)
            known = f"; the fields are {', '.join(f'{root}.{field}' for field in self._fields)}" if not near else ""
            self._find(node, "unknown-field", f"{root}.{name} does not exist{_did_you_mean(near, root)}{known}")
            return
        for attribute in parts[2:]:
            self._tensor_name(node, attribute)

    def _nearest_field(self, name: str) -> str | None:
        leaf = name.split(".")[1]
        same_leaf = [field for field in self._fields if field.split(".")[1] == leaf]
        return nearest(name, self._fields) or nearest(name, same_leaf)

    def _tensor_attribute(self, node: ast.Attribute) -> None:
        if node.attr not in self._groups | self._leaves:
            self._tensor_name(node, node.attr)

    def _tensor_name(self, node: ast.AST, name: str) -> None:
        if name in facade.TENSOR:
            return
        if name.endswith("_") and name.rstrip("_") in facade.TENSOR:
            hint: str | None = f"use .{name.rstrip('_')}, which does not write in place"
        else:
            hint = facade.HINTS.get(name)
        near = None if hint else nearest(name, facade.TENSOR | self._leaves)
        self._find(node, "unknown-attribute", f".{name} is not available{_because(hint)}{_did_you_mean(near, '')}")

    def _bind(self, node: ast.AST, name: str, function: bool = False) -> None:
        if not name.isascii() or (name.startswith("_") and name != "_"):
            self._find(node, "name", f"the name {name} is not allowed; use ASCII letters and no leading underscore")
        elif name in facade.MODULE_NAMES or name in facade.BUILTINS:
            self._find(node, "name", f"{name} must keep its meaning; choose another name")
        elif name in self._functions and not function:
            self._find(node, "name", f"{name} is a function of this program; choose another name")

    def _no_branch_over_rows(self, test: ast.expr) -> None:
        names = {part.id for part in ast.walk(test) if isinstance(part, ast.Name)}
        if names & set(facade.ARGUMENTS):
            self._find(
                test, "branch", "a branch on the state decides for all rows at once; use torch.where(condition, a, b)"
            )

    def _refuse_import(self, node: ast.AST, name: str) -> None:
        hint = "use torch" if name.split(".")[0] in ("numpy", "scipy") else "only torch, math and "
        hint += "" if hint == "use torch" else "torch.nn.functional (as F) are available"
        self._find(node, "import", f"import of {name} is not allowed; {hint}")

    def _only_at_top(self, node: ast.AST) -> None:
        if self._depth:
            self._find(node, "import", "imports belong at the top of the file")

    def _find(self, node: ast.AST, name: str, message: str) -> None:
        finding = Finding(name, message, getattr(node, "lineno", None))
        if finding not in self.findings:
            self.findings.append(finding)


def _bound_names(tree: ast.Module) -> set[str]:
    bound = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return bound | {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _chain(node: ast.Attribute) -> tuple[str | None, str]:
    """``a.b.c`` as ("a", "b.c"); the root is None when the chain does not start at a name."""
    parts = [node.attr]
    value = node.value
    while isinstance(value, ast.Attribute):
        parts.append(value.attr)
        value = value.value
    return (value.id if isinstance(value, ast.Name) else None), ".".join(reversed(parts))


def _short(iterable: ast.expr) -> bool:
    """A literal tuple or list, a literal range, or enumerate/zip of such."""
    if isinstance(iterable, ast.Tuple | ast.List):
        return len(iterable.elts) <= MAX_RANGE
    if not isinstance(iterable, ast.Call) or not isinstance(iterable.func, ast.Name):
        return False
    if iterable.func.id in ("enumerate", "zip"):
        return all(_short(argument) for argument in iterable.args)
    if iterable.func.id != "range" or iterable.keywords:
        return False
    bounds = [argument.value for argument in iterable.args if isinstance(argument, ast.Constant)]
    return len(bounds) == len(iterable.args) and all(isinstance(b, int) and abs(b) <= MAX_RANGE for b in bounds)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _large_exponent(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float) and abs(node.value) > MAX_EXPONENT
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)


def _because(hint: str | None) -> str:
    return f"; {hint}" if hint else ""


def _did_you_mean(near: str | None, root: str | None = None) -> str:
    if near is None:
        return ""
    prefix = f"{root}." if root else "." if root == "" else ""
    return f"; did you mean {prefix}{near}?"
