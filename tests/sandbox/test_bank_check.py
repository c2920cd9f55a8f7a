from __future__ import annotations

import pytest
import toy

from text2reward.sandbox.bank_check import check_program

HEAD = "import torch\ndef compute_reward(state, action, prev):\n"


def found(rewards, bank, *lines: str, top: str = "") -> list:
    source = top + HEAD + "\n".join(f"    {line}" for line in lines)
    return check_program(source, toy.TASK.layout, rewards, bank)


def test_a_good_program_has_no_findings(rewards, bank):
    assert check_program(toy.REACH, toy.TASK.layout, rewards, bank) == []


X = "x = action[:, 0]"
D = "d = torch.linalg.norm(state.robot.ee_pos - state.goal.pos, dim=-1)"
LOOPS = [X, "for i in range(64):", "    for j in range(64):", "        x = torch.neg(torch.neg(x)).clamp(-9, 9)"]
FAULTS = [
    ([X, 'return {"a": x - x.mean()}'], "rows-not-independent", "error", " beside action = ("),
    ([X, 'return {"a": torch.cumsum(x, dim=0)}'], "rows-not-independent", "error", " beside action = ("),
    ([X, "y = x.clone()", "y[-1] = 9.0", 'return {"a": y}'], "rows-not-independent", "error", " beside action = ("),
    (["y = state.goal.pos", "y[:, 0] = 1.0", 'return {"a": y[:, 1]}'], "inputs-changed", "error", "state.goal.pos = ("),
    (['return {"a": action[:, 0] * 1e7}'], "magnitude", "error", "action = (1, "),
    (['return {"a": action[:, 0] * 1e4}'], "magnitude", "warning", "action = (1, "),
    (['return {"a": 0 * action[:, 0]}'], "constant-reward", "error", ""),
    ([D, 'return {"a": (d < 0.02).float()}'], "constant-reward", "warning", ""),
    (['return {"a": action[:, 0], "b": 0 * action[:, 0]}'], "constant-term", "warning", ""),
    ([D, 'return {"a": -d, "b": (d < 0.02).float()}'], "dead-term", "warning", ""),
    (['return {"a": 1 / (0 * action[:, 0])}'], "not-finite", "error", "action = ("),
    (['return {"a": torch.sqrt(action[:, 0])}'], "not-finite", "error", "action = (-"),
    ([D, 'return {"a": (state.goal.pos / d[:, None])[:, 0]}'], "not-finite-when-touching", "warning", "goal.pos = ("),
    (['return {"a": (action[:, 0] + 1e6) - 1e6}'], "imprecise", "warning", "action = ("),
    ([*LOOPS, 'return {"a": x}'], "too-slow", "warning", ""),
    ([X, "for k in range(64):", *(f"    {line}" for line in LOOPS[1:]), 'return {"a": x}'], "too-slow", "error", ""),
    (['return {"a": state.robot.ee_pos @ action}'], "raised", "error", "with B = 1, state.robot.ee_pos (1, 3)"),
    (['return {"a": action.double()[:, 0]}'], "term-dtype", "error", "with B = 1"),
    (['return {"a": action[:, 0].to("meta")}'], "term-device", "error", "with B = 1"),
    (['return {"a": action.mean()}'], "term-shape", "error", "with B = 1"),
    ([X, "for i in range(x.numel()):", "    x = x + 1", 'return {"a": x}'], "loop", "error", "with B = 128"),
    (['return {"a": state.robot.eepos[:, 0]}'], "unknown-field", "error", ""),
]


@pytest.mark.parametrize(
    ("lines", "name", "level", "example"), FAULTS, ids=[f"{f[1]}-{f[0][-1][8:40]}" for f in FAULTS]
)
def test_each_fault_is_a_named_finding_with_an_example(rewards, bank, lines, name, level, example):
    findings = found(rewards, bank, *lines)
    assert [(finding.name, finding.level) for finding in findings] == [(name, level)]
    assert example in findings[0].example


def test_the_example_is_the_smallest_batch_that_shows_it(rewards, bank):
    finding = found(rewards, bank, X, 'return {"a": x - x.mean()}')[0]
    assert finding.example.count("action = ") == 2
    assert "more" not in finding.example


def test_memory_between_calls_is_found(rewards, bank):
    findings = found(
        rewards, bank, "c = CALLS", "c.append(1.0)", 'return {"a": action[:, 0] * sum(CALLS)}', top="CALLS = [0.0]\n"
    )
    assert findings[0].name == "not-deterministic"


def test_a_program_that_mixes_precisions_of_its_own_is_not_blamed(rewards, bank):
    lines = ["w = torch.ones(3, 1, dtype=torch.float32)", 'return {"a": (state.robot.ee_pos @ w)[:, 0]}']
    assert found(rewards, bank, *lines) == []


def test_a_program_that_hangs_in_float64_alone_is_a_timeout(rewards, bank):
    loops = [f"{'    ' * k}for i{k} in range(64 if action.dtype == torch.float64 else 1):" for k in range(3)]
    findings = found(
        rewards,
        bank,
        X,
        "big = torch.ones(300, 300)",
        *loops,
        "            y = big @ big",
        'return {"a": x + 0 * y[0, 0]}',
    )
    assert [finding.name for finding in findings] == ["timeout"]
