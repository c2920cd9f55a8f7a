"""The names a reward program may use: fields of the state, functions that compute, and what it defines itself."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from text2reward.envs.field import StateLayout
from text2reward.errors import nearest
from text2reward.sandbox import facade
from text2reward.sandbox.rules import MAX_FINDINGS, Rules, chain, parameters
from text2reward.sandbox.syntax_rules import ALLOWED

_NUMPY = ("np", "numpy", "jnp")
SIMULATORS = "mujoco mujoco_py gym gymnasium gymnasium_robotics metaworld envpool mani_skill sapien isaacgym".split()
_SCOPES = (ast.FunctionDef, ast.Lambda, ast.ListComp, ast.DictComp, ast.GeneratorExp)


class NameRules(Rules):
    """Finds names that a program may not use.

    Args:
        tree: the parsed program.
        layout: the task's fields.
        entry: the function that is called.
        vocabulary: what may be named.
        roots: names that fields are read from, as in ``state.group.name``.
    """

    def __init__(
        self,
        tree: ast.Module,
        layout: StateLayout,
        entry: str = facade.ENTRY,
        vocabulary: facade.Vocabulary = facade.TORCH_VOCABULARY,
        roots: tuple[str, ...] = facade.STATE_ARGUMENTS,
    ) -> None:
        super().__init__()
        self._entry, self._vocabulary, self._roots = entry, vocabulary, roots
        self._fields = layout.names
        self._groups = {name.split(".")[0] for name in layout.names}
        self._leaves = {name.split(".")[1] for name in layout.names}
        self._functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        self._modules = dict(vocabulary.given)
        self._scopes: list[set[str]] = [_bound(tree)]
        self._own: list[set[str]] = []  # what helpers call by the names of the entry's arguments
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom) and len(self.findings) < MAX_FINDINGS:
                self._import(node)

    def visit(self, node: ast.AST) -> None:
        if len(self.findings) < MAX_FINDINGS:  # looking for what is nearest takes its time
            super().visit(node)

    def generic_visit(self, node: ast.AST) -> None:
        if type(node).__name__ in ALLOWED:
            super().generic_visit(node)

    # -- scopes -------------------------------------------------------------------------------------------------

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._bind(node, node.name)
        arguments = node.args
        for default in [*arguments.defaults, *filter(None, arguments.kw_defaults)]:
            self.visit(default)
        self._scoped(node, parameters(node), node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
            self.visit(default)
        self._scoped(node, parameters(node), [node.body])

    def visit_ListComp(self, node: ast.ListComp) -> None:
        self._scoped(node, [], [*node.generators, node.elt])

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self._scoped(node, [], [*node.generators, node.elt])

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self._scoped(node, [], [*node.generators, node.key, node.value])

    def _scoped(self, node: ast.AST, arguments: list[ast.arg], parts: Iterable[ast.AST]) -> None:
        for argument in arguments:
            self._bind(argument, argument.arg)
        names = {argument.arg for argument in arguments}
        self._scopes.append(names | _bound(node))
        self._own.append(set() if getattr(node, "name", "") == self._entry else names)
        for part in parts:
            self.visit(part)
        self._own.pop()
        self._scopes.pop()

    def _known(self) -> set[str]:
        return set().union(*self._scopes) | self._vocabulary.builtins

    def _bind(self, node: ast.AST, name: str) -> None:
        if name.startswith("__") or not all(c.isascii() or "Ͱ" <= c <= "Ͽ" for c in name):
            self._find(node, "name", f"the name {name} is not allowed; use ASCII letters and no leading underscores")
        elif name in self._modules or name in facade.FIXED_BUILTINS:
            self._find(node, "name", f"{name} must keep its meaning; choose another name")
        elif name in self._functions and isinstance(node, ast.Name):
            self._find(node, "name", f"{name} is a function of this program; choose another name")

    def visit_With(self, node: ast.With) -> None:
        for statement in node.body:  # the syntax rules allow no context but torch.no_grad()
            self.visit(statement)

    # -- imports ------------------------------------------------------------------------------------------------

    def visit_Import(self, node: ast.Import) -> None:
        """Dealt with at the start, because an import names what others use."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """As :meth:`visit_Import`."""

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            name = alias.asname or alias.name.split(".")[0]
            full = f"{module}.{alias.name}" if module else alias.name
            if module in facade.DROPPED_IMPORTS or (full in facade.DROPPED_IMPORTS and not module):
                continue
            if isinstance(node, ast.ImportFrom) and (node.level or alias.name == "*"):
                self._refuse_import(node, full)
            elif full in self._vocabulary.imports and not name.startswith("_"):
                self._modules[name] = full if alias.asname or module else name
            elif full in self._vocabulary.functions and module:
                self._scopes[0].add(name)
                self._bind(node, name)
            else:
                self._refuse_import(node, full)

    def _refuse_import(self, node: ast.AST, name: str) -> None:
        if name.split(".")[0] in SIMULATORS:
            hint = "a program reaches no simulator; what it may know is in its arguments"
        elif name.split(".")[0] in ("numpy", "scipy", "jax") and "numpy" not in self._vocabulary.imports:
            hint = "use torch; every tensor function you need has a torch form"
        elif name.startswith("torch.") and "torch" in self._vocabulary.imports:
            hint = f"import torch and write {name}.<function> in full; only torch.nn.functional has a short form, F"
        else:
            hint = self._vocabulary.available
        self._find(node, "import", f"import of {name} is not allowed; {hint}")

    # -- uses ---------------------------------------------------------------------------------------------------

    def visit_Name(self, node: ast.Name) -> None:
        name = node.id
        if isinstance(node.ctx, ast.Store):
            self._bind(node, name)
        elif name in self._modules:
            self._find(node, "module-value", f"{name} may only be used as {name}.<function>")
        elif name in _NUMPY and name not in self._known():
            self._find(node, "numpy", "NumPy is not available; use torch")
        elif name not in self._known():
            hint = self._vocabulary.hints.get(name)
            builtins = self._vocabulary.builtins
            near = None if hint else nearest(name, self._known() - builtins) or nearest(name, builtins)
            self._find(node, "unknown-name", f"{name} is not defined{_because(hint)}{_did_you_mean(near)}")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        root, parts = chain(node)
        path = ".".join(parts)
        if root in self._modules:
            self._module_function(node, str(root), path)
        elif root in _NUMPY and root not in self._known() and root not in self._modules:
            instead = facade.NUMPY_TO_TORCH.get(path, f"torch.{path.split('.')[-1]}")
            self._find(node, "numpy", f"NumPy is not available; instead of {root}.{path} write {instead}")
        elif root in self._roots and not self._is_tensor(str(root), path):
            self._state_field(node, str(root), path)
        else:
            if node.attr not in self._groups | self._leaves:
                self._tensor_attribute(node, node.attr)
            self.visit(node.value)

    def _is_tensor(self, root: str, path: str) -> bool:
        """Whether a helper calls a tensor of its own ``state`` or ``prev``."""
        return any(root in names for names in self._own) and path.split(".")[0] in self._vocabulary.attributes

    def visit_Subscript(self, node: ast.Subscript) -> None:
        match node:
            case ast.Subscript(value=ast.Name(id=root), slice=ast.Constant(value=str(key))):
                if root in self._roots:
                    self._find(node, "unknown-field", f'{root}["{key}"] does not exist; write {root}.group.name')
                    return
        self.generic_visit(node)

    def _module_function(self, node: ast.Attribute, root: str, path: str) -> None:
        module = self._modules[root]
        functions = self._vocabulary.functions
        if f"{module}.{path}" in functions:
            return
        known = {name.removeprefix(f"{module}.") for name in functions if name.startswith(f"{module}.")}
        last = path.split(".")[-1]
        hint = self._vocabulary.hints.get(last)
        near = None if hint else nearest(path, known) or nearest(last, known) or (last if last in known else None)
        if not hint and not near:
            hint = "use the common functions: elementwise maths, reductions, where, stack"
        self._find(
            node, "unknown-function", f"{root}.{path} is not available{_because(hint)}{_did_you_mean(near, root)}"
        )

    def _state_field(self, node: ast.Attribute, root: str, path: str) -> None:
        parts = path.split(".")
        name = ".".join(parts[:2])
        if len(parts) == 1:
            if parts[0] not in self._groups:
                near = nearest(parts[0], self._groups)
                there = "" if near else f"; there is {', '.join(f'{root}.{g}' for g in sorted(self._groups))}"
                self._find(node, "unknown-field", f"{root}.{path} does not exist{_did_you_mean(near, root)}{there}")
            return
        if name not in self._fields:
            near = self._nearest_field(name)
            known = f"; the fields are {', '.join(f'{root}.{field}' for field in self._fields)}" if not near else ""
            self._find(node, "unknown-field", f"{root}.{name} does not exist{_did_you_mean(near, root)}{known}")
            return
        for attribute in parts[2:]:
            self._tensor_attribute(node, attribute)

    def _nearest_field(self, name: str) -> str | None:
        leaf = name.split(".")[1]
        same_leaf = [field for field in self._fields if field.split(".")[1] == leaf]
        return nearest(name, self._fields) or nearest(name, same_leaf)

    def _tensor_attribute(self, node: ast.AST, name: str) -> None:
        attributes = self._vocabulary.attributes
        if name in attributes:
            return
        hint = self._vocabulary.hints.get(name)
        if name.endswith("_") and name.rstrip("_") in attributes:
            hint = f"use .{name.rstrip('_')}, which does not write in place"
        near = None if hint or name.startswith("_") else nearest(name, attributes | self._leaves)
        if not hint and not near:
            hint = "use the methods of arrays that compute, or a function"
        self._find(node, "unknown-attribute", f".{name} is not available{_because(hint)}{_did_you_mean(near, '')}")


def _bound(scope: ast.AST) -> set[str]:
    """Names that ``scope`` itself binds, without those that only functions and comprehensions inside it bind."""
    bound: set[str] = set()
    stack = [*ast.iter_child_nodes(scope)]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.FunctionDef):
            bound.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        if not isinstance(node, _SCOPES):
            stack += ast.iter_child_nodes(node)
    return bound


def _because(hint: str | None) -> str:
    return f"; {hint}" if hint else ""


def _did_you_mean(near: str | None, root: str | None = None) -> str:
    if near is None:
        return ""
    prefix = f"{root}." if root else "." if root == "" else ""
    return f"; did you mean {prefix}{near}?"
