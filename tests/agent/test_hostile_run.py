"""A run goes on whatever its programs do, even where the static check sees nothing."""

from __future__ import annotations

import toy
from protocol_server import answer, serving

from text2reward.agent import patience
from text2reward.agent.config import config_for
from text2reward.agent.run import start
from text2reward.sandbox import bank_check

SETTINGS = {
    "env": "toy:TASK",
    "steps": 12_000,
    "held_out": 20,
    "candidates": 6,
    "rounds": 1,
    "repairs": 0,
    "method": "eureka",  # nobody screens: every program is trained
    "ppo": {"n_envs": 8, "n_steps": 32, "batch_size": 64, "n_epochs": 5, "learning_rate": 3e-3},
}
ROLLOUT = 256  # rows; the checks on the bank ask for other numbers

HOSTILE = {
    "dies": ("os._exit(0)", "crash"),
    "aborts": ("os.abort()", "crash"),
    "floods": ("flood()", "flood"),
    "leaks": ("KEPT.append(torch.zeros(2**28))", "memory"),
    "is not finite": ("action = action / 0", "not-finite"),
}


def program(what: str) -> str:
    """Harmless on the bank, and not so in training."""
    return f"""
import torch
os = torch.serialization.os
KEPT = []
def flood():
    for fd in range(3, 64):
        try: os.write(fd, b"\\xff" * 8)
        except os.error: pass
def compute_reward(state, action, prev):
    if len(action) == {ROLLOUT}:
        {what}
    return {{"near": -torch.linalg.norm(state.robot.ee_pos - state.goal.pos, dim=-1) + 0 * action[:, 0]}}
"""


def test_every_fault_is_a_finding_and_the_good_program_wins(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-key")
    monkeypatch.setattr(patience, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(bank_check, "check_source", lambda source, layout: [])
    sources = [*(program(what) for what, _ in HOSTILE.values()), toy.REACH]

    def respond(body: object, number: int) -> object:
        return answer(f"```python\n{sources[(number - 1) % len(sources)]}```")

    with serving(respond) as server:
        run = start(config_for(None, {**SETTINGS, "model": "openai/test", "base_url": server.url}), tmp_path)
    assert run.held_out.success.value >= 0.9
    assert run.best.program == toy.REACH
    failed = {c.program: c.findings[-1].name for c in run.candidates.values() if c is not run.best}
    expected = {program(what).lstrip("\n"): name for what, name in HOSTILE.values()}
    assert {source.strip(): name for source, name in failed.items()} == {s.strip(): n for s, n in expected.items()}
    assert run.sandbox.startswith("tier ")
