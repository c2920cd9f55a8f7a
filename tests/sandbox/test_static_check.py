from __future__ import annotations

import ast

import pytest

from text2reward.envs import Field, StateLayout
from text2reward.sandbox.static_check import check_source
from text2reward.sandbox.syntax_rules import _REFUSED, ALLOWED

LAYOUT = StateLayout(
    [
        Field("robot.ee_pos", (3,), "m", "hand"),
        Field("robot.gripper_openness", (), "1", "gap"),
        Field("handle.pos", (3,), "m", "handle"),
        Field("goal.pos", (3,), "m", "goal"),
    ]
)
BODY = "    d = torch.linalg.norm(state.robot.ee_pos - state.handle.pos, dim=-1)\n"


def program(*lines: str, top: str = "import torch") -> str:
    body = "\n".join(f"    {line}" for line in lines)
    return f"{top}\ndef compute_reward(state, action, prev):\n{BODY}{body}\n"


GOOD = {
    "plain": program('return {"reach": 1 - torch.tanh(5 * d)}'),
    "helper": "import torch\nSCALE = 5.0\ndef near(a: torch.Tensor, b) -> torch.Tensor:\n"
    "    return 1 - torch.tanh(SCALE * torch.linalg.norm(a - b, dim=-1))\n"
    'def compute_reward(state, action, prev):\n    return {"a": near(state.robot.ee_pos, state.handle.pos)}\n',
    "functional": program('return {"a": F.softplus(-d)}', top="import torch\nimport torch.nn.functional as F"),
    "from functional": program('return {"a": F.relu(-d)}', top="import torch\nfrom torch.nn import functional as F"),
    "full name": program('return {"a": torch.nn.functional.relu(-d)}'),
    "math": program('return {"a": d * math.pi}', top="import math\nimport torch"),
    "no imports": program('return {"a": torch.exp(-d)}', top='"""Doc."""'),
    "gate": program("near = (d < 0.05).float()", 'return {"a": near, "b": torch.where(d < 0.1, 1 - d, 0 * d)}'),
    "prev": program(
        "before = torch.linalg.norm(prev.handle.pos - prev.goal.pos, dim=-1)",
        'return {"progress": torch.clamp(before - d, -1, 1)}',
    ),
    "loop": program("total = 0 * d", "for k in (1.0, 2.0):", "    total += torch.exp(-k * d)", 'return {"a": total}'),
    "range": program("total = 0 * d", "for k in range(3):", "    total = total + d**k", 'return {"a": total}'),
    "comprehension": program('return {f"a{k}": torch.exp(-k * d) for k in (1, 2)}'),
    "alias": program("robot = state.robot", 'return {"a": robot.gripper_openness * robot.ee_pos[:, 0]}'),
    "own tensor written": program("x = d.clone()", "x[d < 0.1] = 0.0", 'return {"a": x}'),
    "no_grad": program("with torch.no_grad():", "    r = 1 - d", 'return {"a": r}'),
    "unpack": program("x, y, z = state.robot.ee_pos.unbind(dim=-1)", 'return {"a": x + y * z}'),
    "annotated": program("r: torch.Tensor = 1 - d", 'return {"a": r}'),
    "dict built up": program("terms = {}", 'terms["a"] = 1 - d', "return terms"),
    "lambda": program("f = lambda x: 1 - torch.tanh(x)", 'return {"a": f(d)}'),
    "helper with our names": "import torch\ndef gain(prev, state):\n    return prev.clamp(0, 1) - state.abs()\n"
    'def compute_reward(state, action, prev):\n    return {"a": gain(prev.goal.pos[:, 0], state.goal.pos[:, 1])}\n',
    "lambda with our names": program("f = lambda prev: prev.norm(dim=-1)", 'return {"a": f(action)}'),
    "root of numbers": program('return {"a": d / (0.04**2 + 0.03**2) ** 0.5}'),
    "columns": program("total = 0 * d", "for c in action.T:", "    total = total + c**2", 'return {"a": total}'),
    "swapped": program(
        "total = 0 * d", "for c in action.transpose(0, 1):", "    total = total + c", 'return {"a": total}'
    ),
    "own numbers": program(
        "total = 0 * d", "for k in action.new_tensor([1.0, 2.0]):", "    total = total + k * d", 'return {"a": total}'
    ),
    "ruler behind code": program("x = 1 - d  # " + "-" * 60, 'return {"a": x}'),
    "ruler in a docstring": program('return {"a": 1 - d}', top=f'"""Reward.\n\nStage 1: reach {"-" * 60}\n"""'),
    "default that lasts": "import math\nimport torch\n"
    "def f(x, k=math.radians(30), top=float('inf')):\n    return (k * x).clamp(max=top)\n"
    'def compute_reward(state, action, prev):\n    return {"a": f(action[:, 0])}\n',
    "constants filled in": program('return {"a": W["a"] * d}', top='import torch\nW = {}\nW["a"] = 1.0'),
    "inner functions of one name": "import torch\ndef f(x):\n    def g(y):\n        return y\n    return g(x)\n"
    "def h(x):\n    def g(y):\n        return 2 * y\n    return g(x)\n"
    'def compute_reward(state, action, prev):\n    return {"a": f(h(action[:, 0]))}\n',
    "ellipsis": program('return {"a": state.handle.pos[..., 0]}'),
}


@pytest.mark.parametrize("source", GOOD.values(), ids=GOOD)
def test_programs_as_models_write_them_pass(source):
    assert check_source(source, LAYOUT) == []


def returning(expression: str) -> str:
    return program(f'return {{"a": {expression}}}')


BAD = {
    "in brackets": (returning("state['robot']['ee_pos'][:, 0]"), "unknown-field", "write state.group.name"),
    "pow": (returning("pow(d, 2)"), "unknown-name", "write d ** 2"),
    "linalg": (
        program("return {}", top="import torch.linalg as LA\nimport torch"),
        "import",
        "torch.linalg.<function>",
    ),
    "field": (returning("state.handel.pos[:, 0]"), "unknown-field", "did you mean state.handle.pos?"),
    "leaf": (returning("state.robot.ee_position[:, 0]"), "unknown-field", "did you mean state.robot.ee_pos?"),
    "prev field": (returning("prev.cube.pos[:, 0]"), "unknown-field", "prev.cube.pos does not exist"),
    "function": (returning("torch.tahn(d)"), "unknown-function", "did you mean torch.tanh?"),
    "random": (returning("torch.rand_like(d)"), "unknown-function", "no randomness"),
    "load": (returning("torch.load('x')"), "unknown-function", "reads no files"),
    "method": (returning("d.item()"), "unknown-attribute", "keep the (B,) tensor"),
    "in place": (returning("d.clamp_(0, 1)"), "unknown-attribute", "use .clamp, which does not write in place"),
    "dunder": (returning("d.__class__"), "unknown-attribute", ".__class__ is not available"),
    "name": (returning("distence"), "unknown-name", "distence is not defined"),
    "open": (returning("open('/etc/passwd')"), "unknown-name", "open is not defined"),
    "getattr": (returning("getattr(d, 'data')"), "unknown-name", "getattr is not defined"),
    "numpy call": (returning("np.linalg.norm(d)"), "numpy", "write torch.linalg.norm(x, dim=-1)"),
    "numpy import": (program("return {}", top="import numpy as np\nimport torch"), "import", "use torch"),
    "os import": (program("return {}", top="import os\nimport torch"), "import", "import of os is not allowed"),
    "module value": (program("t = torch", "return {}"), "module-value", "torch may only be used as torch.<function>"),
    "torch rebound": (program("torch = 1", "return {}"), "name", "torch must keep its meaning"),
    "branch": (
        program("if d > 0:", "    d = d", "if action[0, 0] > 0:", "    d = -d", "return {}"),
        "branch",
        "torch.where",
    ),
    "loop over rows": (program("for i in range(len(d)):", "    pass", "return {}"), "loop", "for all rows at once"),
    "long range": (program("for i in range(1000):", "    pass", "return {}"), "loop", "more than 64 times"),
    "while": (program("while True:", "    pass", "return {}"), "syntax-not-allowed", "a while loop is not allowed"),
    "class": ("class A:\n    pass\n" + GOOD["plain"], "syntax-not-allowed", "a class is not allowed"),
    "try": (
        program("try:", "    pass", "finally:", "    pass", "return {}"),
        "syntax-not-allowed",
        "try is not allowed",
    ),
    "global": (program("global d", "return {}"), "syntax-not-allowed", "no state between calls"),
    "input written": (program("state.handle.pos[:, 0] = 1.0", "return {}"), "mutation", "torch.where"),
    "action written": (program("action[:, 0] = 1.0", "return {}"), "mutation", "writes into an input"),
    "attribute set": (program("state.x = d", "return {}"), "mutation", "keeps no state"),
    "underscores": (program("__x = d", "return {}"), "name", "no leading underscores"),
    "large number": (returning("d * 10**300"), "constant", "at most 64"),
    "huge literal": (returning("d * 99999999999"), "constant", "larger than 1,000,000,000"),
    "list repeated": (program("x = [d] * 1000", "return {}"), "constant", "torch.full"),
    "out": (returning("torch.exp(d, out=d)"), "argument", "out= is not allowed"),
    "format": (returning("'{0}'.format(d)"), "unknown-attribute", "returns numbers"),
    "format spec": (program('x = f"{d:>1000000000}"', "return {}"), "syntax-not-allowed", "drop the format"),
    "recursion": (
        "import torch\ndef f(x):\n    return f(x)\n" + GOOD["plain"].replace("import torch\n", ""),
        "recursion",
        "function f calls itself",
    ),
    "no entry": (
        "import torch\ndef compute_rewards(state, action, prev):\n    return {}\n",
        "no-entry",
        "rename compute_rewards",
    ),
    "signature": ("def compute_reward(obs, action):\n    return {}\n", "signature", "(state, action, prev)"),
    "no return": ("def compute_reward(state, action, prev):\n    pass\n", "no-return", "return a dict"),
    "top level statement": ("import torch\nif True:\n    X = 3\n" + GOOD["plain"], "top-level", "constants"),
    "and": (program("near = d < 1 and d > 0", "return {}"), "branch", "write (a) & (b)"),
    "not": (program("far = not (d < 1)", "return {}"), "branch", "write ~(a)"),
    "chained": (program("near = 0 < d < 1", "return {}"), "branch", "write (a < b) & (b < c)"),
    "minimum": (program("near = min(d, 1.0)", "return {}"), "branch", "torch.minimum"),
    "math of a tensor": (program("near = math.exp(-d)", "return {}"), "branch", "torch.exp"),
    "any": (program("x = 1.0 if (d < 0).any() else 0.0", "return {}"), "branch", "torch.where"),
    "loop over a tensor": (
        program("for row in state.handle.pos:", "    pass", "return {}"),
        "loop",
        "all rows at once",
    ),
    "loop over a count": (program("n = d.shape[0]", "for i in range(n):", "    pass", "return {}"), "loop", "rows"),
    "name of another function": (
        "import torch\ndef f(a):\n    inner = a\n    return inner\n"
        + GOOD["plain"].replace("import torch\n", "").replace("return {", "x = inner\n    return {"),
        "unknown-name",
        "inner is not defined",
    ),
    "other library": (returning("torch.clip_by_value(d, 0, 1)"), "unknown-function", "use torch.clamp(x, low, high)"),
    "nothing like it": (returning("torch.qqqqzzzz(d)"), "unknown-function", "use the common functions"),
    "device": (returning("torch.zeros(3, device='cuda')"), "argument", "device=action.device"),
    "print": (program("print(d)", "return {}"), "unknown-name", "drop it"),
    "syntax": ("def compute_reward(state, action, prev:\n    return {}\n", "syntax", "does not parse"),
    "decorator": (
        "import torch\n@torch.compile\n" + GOOD["plain"].replace("import torch\n", ""),
        "syntax-not-allowed",
        "decorators",
    ),
    "empty": ("", "no-entry", "must define"),
}


@pytest.mark.parametrize(("source", "name", "said"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_named_with_what_to_write_instead(source, name, said):
    findings = check_source(source, LAYOUT)
    assert any(finding.name == name and said in finding.message for finding in findings), findings


UNREADABLE = {
    "a fence": (f"```python\n{GOOD['plain']}```\n", 1, "a Markdown fence stands here; leave out the fences"),
    "words and a fence": (f"Here it is:\n\n~~~\n{GOOD['plain']}~~~\n", 3, "a Markdown fence stands here"),
    "the last fence": (f"{GOOD['plain']}```\n", 5, "a Markdown fence stands here"),
    "a fence in a docstring": (f'"""\n```\nx\n```\n"""\nx = = 1\n{GOOD["plain"]}', 6, "invalid syntax"),
    "an indentation": (program("x = d").replace("    x", "   x"), 4, "unindent does not match"),
}


@pytest.mark.parametrize(("source", "line", "said"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_does_not_parse_is_told_in_words(source, line, said):
    (finding,) = check_source(source, LAYOUT)
    assert (finding.name, finding.line) == ("syntax", line)
    assert said in finding.message


def test_a_tab_is_called_by_its_name():
    (finding,) = check_source(program("x = d").replace("    x", "\tx"), LAYOUT)
    assert (finding.name, finding.line) == ("source-text", 4)
    assert "holds a tab; write spaces" in finding.message


def test_every_refused_piece_of_syntax_has_a_name_for_people():
    kinds = {kind.__name__ for kind in (*ast.stmt.__subclasses__(), *ast.expr.__subclasses__())}
    assert kinds - ALLOWED == set(_REFUSED) - {"LShift", "RShift"}


def test_several_errors_are_reported_at_once_with_their_lines():
    source = program("a = torch.tahn(d)", "b = state.handel.pos", "return {'a': a + c}")
    found = {(finding.line, finding.name) for finding in check_source(source, LAYOUT)}
    assert found == {(4, "unknown-function"), (5, "unknown-field"), (6, "unknown-name")}


def test_at_most_ten_findings_are_reported():
    source = program(*[f"x{i} = torch.nonsense{i}(d)" for i in range(30)], "return {}")
    assert len(check_source(source, LAYOUT)) == 10


HOSTILE_TEXT = {
    "nul": GOOD["plain"] + "#\x00",
    "carriage return": GOOD["plain"].replace("\n", "\r\n"),
    "bidi": GOOD["plain"] + "# \u202e",
    "zero width": GOOD["plain"].replace("reach", "re\u200bach"),
    "surrogate": GOOD["plain"] + "# \ud800",
    "too long": "#" * 40_000,
    "long line": "x = " + "1 + " * 300 + "1",
    "deep brackets": "x = " + "(" * 200 + ")" * 200,
    "deep brackets over lines": "x = " + "(\n" * 200 + ")" * 200,
    "deep unary": "x = " + "-" * 500 + "1",
    "deep not": "x = " + "not " * 200 + "1",
    "deep indent": " " * 200 + "x",
}


@pytest.mark.parametrize("source", HOSTILE_TEXT.values(), ids=HOSTILE_TEXT)
def test_hostile_text_is_refused_before_it_is_parsed(source):
    findings = check_source(source, LAYOUT)
    assert findings
    assert findings[0].name in ("source-text", "source-size")


def test_every_name_of_the_facade_exists():
    import math

    import torch

    from text2reward.sandbox import facade

    homes = {"torch": torch, "math": math}
    for name in facade.FUNCTIONS:
        root, *parts = name.split(".")
        place = homes[root]
        for part in parts:
            place = getattr(place, part)
    x = torch.zeros(2, 3)
    owners = (x, [], {}, torch.finfo(torch.float32), torch.max(x, 0))
    assert [name for name in facade.TENSOR if not any(hasattr(owner, name) for owner in owners)] == []


def test_what_has_no_line_of_its_own_is_on_that_of_its_expression():
    (found,) = check_source(program("x = 1 << 3", 'return {"a": x * d}'), LAYOUT)
    assert found.name == "syntax-not-allowed"
    assert found.line is not None
