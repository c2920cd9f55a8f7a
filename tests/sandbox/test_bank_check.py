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


@pytest.mark.parametrize(
    ("lines", "name", "level"),
    [
        (["x = action[:, 0]", 'return {"a": x - x.mean()}'], "rows-not-independent", "error"),
        (["x = action[:, 0]", 'return {"a": torch.cumsum(x, dim=0)}'], "rows-not-independent", "error"),
        (["x = state.goal.pos", "x[:, 0] = 1.0", 'return {"a": x[:, 1]}'], "inputs-changed", "error"),
        (['return {"a": action[:, 0] * 1e7}'], "magnitude", "error"),
        (['return {"a": action[:, 0] * 1e4}'], "magnitude", "warning"),
        (['return {"a": 0 * action[:, 0]}'], "constant-reward", "warning"),
        (['return {"a": action[:, 0], "b": 0 * action[:, 0]}'], "constant-term", "warning"),
        (['return {"a": 1 / (0 * action[:, 0])}'], "not-finite", "error"),
        (['return {"a": state.robot.eepos[:, 0]}'], "unknown-field", "error"),
    ],
)
def test_each_fault_is_a_named_finding(rewards, bank, lines, name, level):
    findings = found(rewards, bank, *lines)
    assert [(finding.name, finding.level) for finding in findings] == [(name, level)]


def test_memory_between_calls_is_found(rewards, bank):
    findings = found(
        rewards, bank, "CALLS.append(1.0)", 'return {"a": action[:, 0] * sum(CALLS)}', top="CALLS = [0.0]\n"
    )
    assert findings[0].name == "not-deterministic"
