from __future__ import annotations

import dataclasses

import pytest
import toy
from test_composer import attempt, brief

from text2reward.agent.brief import Draft
from text2reward.agent.exchanges import Exchanges
from text2reward.agent.language_model import Answer, Message
from text2reward.agent.llm_coder import LLMCoder
from text2reward.envs import all_tasks
from text2reward.errors import UnknownNameError, UserError
from text2reward.prompts import TEMPLATES, Prompts
from text2reward.record.events import Diagnosed
from text2reward.record.finding import Finding


class Scripted:
    """Gives prepared answers and keeps what it was asked."""

    name = "scripted"
    parallel = True

    def __init__(self, *answers: str) -> None:
        self.sampling = {}
        self.asked: list[list[Message]] = []
        self._answers = list(answers) or [f"Reach.\n```python\n{toy.REACH}```"]

    def ask(self, messages, about):
        self.asked.append(list(messages))
        return Answer(self._answers[min(len(self.asked), len(self._answers)) - 1])


def coder(tmp_path, model=None, prompts=None, **options) -> LLMCoder:
    return LLMCoder(Exchanges(model or Scripted(), tmp_path, lambda event: None), prompts or Prompts(), **options)


def test_the_first_prompt_holds_sentence_world_fields_and_rules(tmp_path):
    system, task = coder(tmp_path).messages(brief(toy.TASK, "Touch the goal."))
    assert [system.role, task.role] == ["system", "user"]
    assert "def compute_reward(state, action, prev):" in system.content
    for text in (
        "Touch the goal.",
        "- `state.robot.ee_pos`: float32 (B, 3), m: the hand",
        "- `state.goal.pos`: float32 (B, 3), m: where the hand shall be (fixed within an episode)",
        "- `action[:, 2]`: moves the hand along z",
        "A hand that moves freely.",
    ):
        assert text in task.content


def test_the_prompt_says_whether_a_step_or_the_whole_episode_decides(tmp_path):
    at_a_step = coder(tmp_path).messages(brief(toy.TASK))[1].content
    judged = dataclasses.replace(toy.TASK, judge=lambda states: True)
    whole = coder(tmp_path).messages(brief(judged))[1].content
    assert "reaches what the task asks for at any step" in at_a_step
    assert "decided from the whole of it" not in at_a_step
    assert "decided from the whole of it" in whole
    assert "at any step" not in whole


def test_success_is_hidden_unless_it_is_asked_for(tmp_path):
    plain = coder(tmp_path).messages(brief(toy.TASK))[1].content
    shown = coder(tmp_path, show_success=True).messages(brief(toy.TASK))[1].content
    assert toy.TASK.success not in plain
    assert toy.TASK.success in shown


@pytest.mark.parametrize("task", all_tasks().values(), ids=lambda task: task.id)
def test_no_prompt_names_a_field_the_task_does_not_have(tmp_path, task):
    content = coder(tmp_path).messages(brief(task))[1].content
    named = {word.strip("`:") for word in content.split() if word.startswith("`state.")}
    assert named == {f"state.{name}" for name in task.layout.names}


def test_later_prompts_are_four_turns_with_the_summarised_feedback(tmp_path):
    tried = attempt(toy.REACH, 12, near=(0.1, 0.9), flat=(0.5, 0.5))
    told = Diagnosed(
        "r1c1",
        findings=(Finding("flat-term", "term flat stayed at about 0.5 a step", level="warning"),),
        rollouts=("The best episode: solved at step 3",),
        causes=("In 18 of 18 unsolved episodes the hand turns away.",),
    )
    tried = dataclasses.replace(tried, diagnosis=told)
    worse = attempt(toy.REACH, 3, "r1c2", near=(0.1, 0.2))
    about = brief(toy.TASK, round=2, attempts=(tried, worse), best="r1c1")
    messages = coder(tmp_path).messages(about)
    assert [message.role for message in messages] == ["system", "user", "assistant", "user"]
    assert toy.REACH.strip() in messages[2].content
    feedback = messages[3].content
    assert "the task in 12 of them" in feedback
    assert "term near" in feedback
    assert "- term flat stayed at about 0.5 a step" in feedback
    assert "The best episode: solved at step 3" in feedback
    assert "the hand turns away" not in feedback  # only where the method has an analyst
    assert "r1c2: solved 10% after 1" in feedback
    assert "improved program" in feedback


def test_when_nothing_could_be_trained_the_findings_are_told(tmp_path):
    from text2reward.agent.brief import Attempt

    failed = Attempt("r1c1", None, "x = 1", (Finding("no-entry", "define compute_reward", 1),))
    messages = coder(tmp_path).messages(brief(toy.TASK, round=2, attempts=(failed,)))
    assert "line 1: define compute_reward [no-entry]" in messages[3].content


def test_each_draft_is_an_answer_of_its_own_and_nothing_is_asked_twice(tmp_path):
    model = Scripted()
    first = list(coder(tmp_path, model).draft(brief(toy.TASK), 3))
    assert [draft.program for draft in first] == [toy.REACH] * 3
    assert len({draft.exchange for draft in first}) == 3
    assert len(model.asked) == 3
    again = list(coder(tmp_path, model).draft(brief(toy.TASK), 3))
    assert again == first
    assert len(model.asked) == 3


def test_a_repair_shows_the_program_and_every_finding(tmp_path):
    model = Scripted()
    writer = coder(tmp_path, model)
    chain = [
        (Draft("x = 1\n"), [Finding("no-entry", "define compute_reward", 1)]),
        (Draft(None), [Finding("empty-answer", "the answer is empty")]),
    ]
    repaired = writer.repair(brief(toy.TASK), chain, 2)
    asked = model.asked[0]
    assert [message.role for message in asked] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert "x = 1" in asked[2].content
    assert "line 1: define compute_reward [no-entry]\n  `x = 1`" in asked[3].content
    assert "the answer is empty [empty-answer]" in asked[5].content
    assert (repaired.program, repaired.parent) == (toy.REACH, "r1c2")


def test_an_answer_without_a_program_is_shown_as_it_was(tmp_path):
    model = Scripted("I would reach for it.")
    writer = coder(tmp_path, model)
    about = brief(toy.TASK)
    (draft,) = writer.draft(about, 1)
    assert draft.program is None
    writer.repair(about, [(draft, draft.findings)], 1)
    assert model.asked[1][2] == Message("assistant", "I would reach for it.")
    assert "The answer cannot be used yet" in model.asked[1][3].content


@pytest.mark.parametrize(("solved", "said"), [(12, "what held the policy back"), (30, "make the policy learn faster")])
def test_what_is_asked_for_depends_on_whether_it_works(tmp_path, solved, said):
    about = brief(toy.TASK, round=2, attempts=(attempt(toy.REACH, solved, near=(0.1, 0.9)),), best="r1c1")
    assert said in coder(tmp_path).messages(about)[3].content


def test_every_template_has_a_version():
    versions = Prompts().versions()
    assert set(versions) == {path.name for path in TEMPLATES.glob("*.jinja")}
    assert "unversioned" not in versions.values()


def test_a_folder_of_prompts_replaces_single_templates(tmp_path):
    (tmp_path / "request_first.jinja").write_text("{# version: mine #}Answer in verse about {{ instruction }}")
    prompts = Prompts(tmp_path)
    content = coder(tmp_path / "llm", prompts=prompts).messages(brief(toy.TASK))[1].content
    assert "Answer in verse about Move the hand" in content
    assert prompts.versions()["request_first.jinja"] == "mine"


def test_a_broken_template_is_named(tmp_path):
    (tmp_path / "system.jinja").write_text("{{ nonsense }}")
    with pytest.raises(UserError, match=r"system\.jinja.*'nonsense' is undefined"):
        coder(tmp_path, prompts=Prompts(tmp_path)).messages(brief(toy.TASK))


def test_a_template_nobody_asks_for_is_refused(tmp_path):
    (tmp_path / "sistem.jinja").write_text("x")
    with pytest.raises(UnknownNameError, match=r"Did you mean system\.jinja\?"):
        Prompts(tmp_path)
    with pytest.raises(UserError, match="no folder"):
        Prompts(tmp_path / "nowhere")
