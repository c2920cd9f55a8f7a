"""Eureka's style (Ma et al., ICLR 2024): ``compute_reward(named tensors) -> (total, parts)``, for TorchScript."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from text2reward.envs.field import StateLayout
from text2reward.errors import nearest
from text2reward.record.finding import Finding
from text2reward.sandbox import facade
from text2reward.sandbox.dialects import tensor_names
from text2reward.sandbox.dialects.dialect import Dialect, entry_of, returns_nothing
from text2reward.sandbox.dialects.tensor_names import HELPERS, REST
from text2reward.sandbox.name_rules import NameRules
from text2reward.sandbox.rules import MAX_FINDINGS
from text2reward.sandbox.syntax_rules import check_syntax

SIGNATURE = f"def {facade.ENTRY}(robot_ee_pos: torch.Tensor, ...):"
CLOCKS = ("progress_buf", "episode_length_buf", "reset_buf")

_VOCABULARY = replace(facade.TORCH_VOCABULARY, builtins=facade.BUILTINS | set(HELPERS))


def _check(tree: ast.Module, layout: StateLayout) -> list[Finding]:
    function = entry_of(tree, facade.ENTRY)
    if function is None:
        return [Finding("no-entry", f"the program must define `{SIGNATURE}`")]
    names = NameRules(tree, layout, vocabulary=_VOCABULARY, roots=())
    names.visit(tree)
    syntax = check_syntax(tree, facade.ENTRY, _tensors(function, layout))
    entry = [*_entry(function, layout)]
    if any(finding.name == "unknown-field" for finding in entry):  # names that are right would be called wrong
        names.findings = [finding for finding in names.findings if finding.name != "unknown-name"]
    return [*entry, *syntax, *names.findings]


def _entry(function: ast.FunctionDef, layout: StateLayout) -> Iterator[Finding]:
    given, data = function.args, layout.to_json()
    if given.vararg or given.kwarg or given.posonlyargs:
        yield Finding("signature", "the signature must name every tensor that the program reads", function.lineno)
    optional, unknown = _with_default(given), 0
    for argument in [*given.args, *given.kwonlyargs]:
        name = argument.arg
        if unknown == MAX_FINDINGS:  # looking for what is nearest takes its time
            break
        if name not in optional and tensor_names.meaning(name, data["fields"], data["constants"]) is None:
            unknown += 1
            yield Finding("unknown-field", _unknown(name, layout), argument.lineno)
    if returns_nothing(function):
        yield Finding("no-return", "compute_reward returns nothing; return total, {name: part}", function.lineno)


def _with_default(given: ast.arguments) -> set[str]:
    late = [argument.arg for argument in given.args[len(given.args) - len(given.defaults) :]]
    return {*late, *(a.arg for a, default in zip(given.kwonlyargs, given.kw_defaults, strict=True) if default)}


def _unknown(name: str, layout: StateLayout) -> str:
    if name in CLOCKS:
        return f"{name} is not available: row i depends on row i of its input alone, so a program has no clock"
    data = layout.to_json()
    known = tensor_names.parameters(data["fields"], data["constants"])
    near = nearest(name, known)
    if near:
        return f"{name} is no field of the task; did you mean {near}, which is {known[near]}?"
    there = ", ".join(each for each in known if not each.startswith("prev_"))
    return f"{name} is no field of the task; there is {there}, and prev_ before a field's name"


def _tensors(function: ast.FunctionDef, layout: StateLayout) -> list[str]:
    """Arguments that hold one value per row."""
    data = layout.to_json()
    given = [argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)]
    meanings = {name: tensor_names.meaning(name, data["fields"], data["constants"]) for name in given}
    return [name for name, meaning in meanings.items() if isinstance(meaning, dict)]


def _reads(tree: ast.Module, layout: StateLayout) -> list[str]:
    function, fields = entry_of(tree, facade.ENTRY), layout.to_json()["fields"]
    if function is None:
        return []
    arguments = (*function.args.args, *function.args.kwonlyargs)
    given = [argument.arg.removeprefix("prev_").removesuffix("_buf") for argument in arguments]
    read = {field["name"] for name in given if (field := tensor_names.find(name, fields)) is not None}
    return [name for name in layout.names if name in read]


EUREKA = Dialect(
    name="eureka",
    entry=facade.ENTRY,
    signature=SIGNATURE,
    check=_check,
    reads=_reads,
    silent=frozenset([REST]),
)
