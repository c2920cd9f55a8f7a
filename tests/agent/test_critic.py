from __future__ import annotations

import json

import numpy as np
import pytest
from test_composer import brief
from test_llm_coder import Scripted

from text2reward.agent.analyst import Analyst, read_causes
from text2reward.agent.critic import Critic, read_verdict
from text2reward.agent.exchanges import Exchanges
from text2reward.envs import get_task
from text2reward.envs.transitions import random_policy, record
from text2reward.errors import ModelError
from text2reward.prompts import Prompts
from text2reward.training.trajectories import roll_out

TASK = get_task("metaworld/window-close-v3")
GOOD = {"reach": "1 - torch.tanh(5 * h)", "close": "3 * (1 - torch.tanh(10 * d))"}


@pytest.fixture(scope="module")
def bank():
    simulator = TASK.make_training(16)
    return record(simulator, random_policy(TASK, 16, np.random.default_rng(0)), 32, list(range(16))).transitions


def program(**terms: str) -> str:
    listed = ", ".join(f'"{name}": {text}' for name, text in terms.items())
    return (
        "import torch\ndef compute_reward(state, action, prev):\n"
        "    d = torch.linalg.norm(state.handle.pos - state.goal.pos, dim=-1)\n"
        "    h = torch.linalg.norm(state.handle.pos - state.robot.ee_pos, dim=-1)\n"
        f"    return {{{listed}}}\n"
    )


def review(rewards, bank, source, **options):
    return Critic(rewards, bank, **options).review(brief(TASK, "Close the window by its handle."), "r1c1", source)


FINE = {
    "staged": GOOD,
    "negative distances": {"reach": "-h", "close": "-d"},
    "slow decay": {"reach": "1 / (1 + h)", "close": "3 / (1 + 10 * d)"},
    "a small penalty": {**GOOD, "effort": "-0.01 * (action**2).sum(-1)"},
    "a bonus at the goal": {**GOOD, "done": "5.0 * (d < 0.05).float()"},
    "a gate on the hand": {
        "reach": GOOD["reach"],
        "close": "torch.where(h < 0.03, 3 * (1 - torch.tanh(5 * d)), 0 * d)",
    },
    "one term and a small penalty": {"go": "1 - torch.tanh(3 * (d + h))", "effort": "-0.01 * (action**2).sum(-1)"},
    "an open gripper": {**GOOD, "open": "0.2 * state.robot.gripper_openness"},
    "progress": {**GOOD, "progress": "torch.linalg.norm(prev.handle.pos - prev.goal.pos, dim=-1) - d"},
}


@pytest.mark.parametrize("terms", FINE.values(), ids=FINE)
def test_what_is_fine_is_accepted(rewards, bank, terms):
    found = review(rewards, bank, program(**terms))
    assert found.findings == ()
    assert found.accepted
    assert found.by == "rules"


WRONG = {
    "no goal": ({"reach": GOOD["reach"]}, "goal-ignored", "no term depends on state.goal.pos"),
    "not the thing": (
        {"hand": "-torch.linalg.norm(state.robot.ee_pos - state.goal.pos, dim=-1)"},
        "goal-ignored",
        "state.handle.pos, which the sentence names",
    ),
    "a bonus of 100": ({**GOOD, "done": "100.0 * (d < 0.05).float()"}, "dwarfing-term", "term done reaches 100"),
    "a penalty of 100": ({**GOOD, "far": "-100.0 * (h > 0.01).float()"}, "dwarfing-term", "term far reaches 100"),
    "alive": ({**GOOD, "alive": "1 + 0 * d"}, "alive-bonus", "term alive pays 1"),
    "alive within a term": ({"reach": "2 - torch.tanh(5 * h)", "close": GOOD["close"]}, "alive-bonus", "term reach"),
    "how far it has come": ({**GOOD, "go": "-20 * (state.handle.pos[:, 0] - 0.2)"}, "pays-past-goal", "handle.pos"),
    "idle": ({**GOOD, "effort": "-2 * (action**2).sum(-1)"}, "idle-is-best", "term effort is largest"),
}


@pytest.mark.parametrize(("terms", "name", "said"), WRONG.values(), ids=WRONG)
def test_rules_alone_catch_it(rewards, bank, terms, name, said):
    found = review(rewards, bank, program(**terms))
    assert not found.accepted
    assert said in next(finding.message for finding in found.findings if finding.name == name)


def test_a_program_that_fails_on_made_up_states_is_told_so(rewards, bank):
    found = review(rewards, bank, program(**GOOD, log="torch.log(4.0 - h)"))
    assert [(f.name, f.level) for f in found.findings] == [("not-finite", "warning")]


def asked(answer, tmp_path):
    return {"exchanges": Exchanges(Scripted(answer), tmp_path, lambda event: None), "prompts": Prompts()}


def test_a_model_reads_the_program_beside_the_rules(rewards, bank, tmp_path):
    reasons = [{"aspect": "hackable", "problem": "hovering at the handle pays 1 a step"}]
    model = asked("Well.\n```json\n" + json.dumps({"verdict": "revise", "reasons": reasons}) + "\n```", tmp_path)
    found = review(rewards, bank, program(**GOOD), **model)
    assert not found.accepted
    assert [str(f) for f in found.findings] == ["hovering at the handle pays 1 a step [review-hackable]"]
    assert found.by == "rules, scripted"
    assert found.exchange
    prompt = model["exchanges"].model.asked[0][1].content
    assert "torch.tanh(5 * h)" in prompt
    assert "Close the window by its handle." in prompt
    assert TASK.success not in prompt


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "Looks good to me!",
        '{"verdict": "maybe"}',
        '{"verdict": "revise"}',
        '{"verdict": "revise", "reasons": "bad"}',
        '{"verdict": "revise", "reasons": [1, {"aspect": "taste", "problem": "x"}]}',
        "{" * 5_000,
        '{"verdict": ' * 3_000,
        '{"verdict": "revise", "reasons": [{"aspect": "scale", "problem": "\\u0007\\u200b"}]}',
    ],
)
def test_a_critic_that_answers_nonsense_is_set_aside(rewards, bank, tmp_path, nonsense):
    found = review(rewards, bank, program(**GOOD), **asked(nonsense, tmp_path))
    assert found.accepted
    assert [finding.name for finding in found.findings] == ["unreadable-review"]


def test_reasons_are_few_and_short():
    reasons = [{"aspect": "scale", "problem": "x" * 5_000}] * 50
    found = read_verdict(json.dumps({"verdict": "revise", "reasons": reasons}))
    assert len(found) <= 6
    assert max(len(finding.message) for finding in found) <= 400
    assert read_verdict('{"verdict": "accept"}') == []


class Silent(Scripted):
    """Is never there."""

    def ask(self, messages, about):
        raise ModelError("The model does not answer.")


def test_a_critic_that_never_answers_leaves_the_rules(rewards, bank, tmp_path):
    exchanges = Exchanges(Silent(), tmp_path, lambda event: None)
    found = review(rewards, bank, program(**GOOD), exchanges=exchanges, prompts=Prompts())
    assert (found.by, found.accepted) == ("rules", True)


@pytest.fixture(scope="module")
def failed():
    simulator = TASK.make_training(4)
    return roll_out(TASK, simulator, lambda observation: np.zeros((len(observation), 4)), [1, 2, 3, 4], "judged")


@pytest.mark.parametrize(
    ("answer", "causes", "by"),
    [
        ('{"causes": ["It waits.", "Pay less."]}', ["It waits.", "Pay less."], "scripted"),
        ("I do not know.", None, "rules"),
        ('{"causes": [3]}', None, "rules"),
    ],
)
def test_the_analyst_asks_a_model_and_falls_back_on_rules(tmp_path, failed, answer, causes, by):
    exchanges = Exchanges(Scripted(answer), tmp_path, lambda event: None)
    told, who = Analyst(TASK, exchanges, Prompts()).causes("Close it.", "r1c1", program(**GOOD), failed, ["a table"])
    assert who == by
    assert told == causes if causes else "never comes near handle.pos" in told[0]
    assert "a table" in exchanges.model.asked[0][1].content


def test_an_analyst_that_never_answers_leaves_the_rules(tmp_path, failed):
    exchanges = Exchanges(Silent(), tmp_path, lambda event: None)
    told, who = Analyst(TASK, exchanges, Prompts()).causes("Close it.", "r1c1", program(**GOOD), failed, [])
    assert (bool(told), who) == (True, "rules")
    assert read_causes("") == []
