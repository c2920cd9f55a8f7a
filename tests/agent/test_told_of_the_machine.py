"""A model is told the truth about a training that the simulator or the machine broke."""

from __future__ import annotations

from dataclasses import replace

import pytest
import toy
from test_composer import attempt, brief
from test_llm_coder import coder

from text2reward.agent.composer.composer import Composer
from text2reward.record.events import Trained
from text2reward.record.finding import Finding

NAN = Finding("simulator-failed", "The simulator returned NaN for goal.pos in control step 40 of the training")
OWN = Finding("not-finite", "term near is nan in 3 of 256 rows")
WARNING = Finding("dead-term", "term near never changes", None, "warning")


def failed(finding: Finding) -> Trained:
    return Trained("r1c1", "r1c1/s0", "x", "failed", "", 500, 0, None, 0, 1.0, (finding,))


def told(tmp_path, tried) -> str:
    return coder(tmp_path).messages(brief(toy.TASK, attempts=(tried,), best=None, round=2))[-1].content


def test_a_fault_of_the_simulator_is_told_as_one_and_the_program_may_stay_as_it_is(tmp_path):
    tried = replace(attempt(toy.REACH, 0), training=failed(NAN), findings=(WARNING, NAN))
    said = told(tmp_path, tried)
    assert "This program's training failed, and the program is not to blame; how good it is, nobody knows:" in said
    assert f"- {NAN.text}\n" in said
    assert said.index("What was found before its training:") < said.index("never changes")
    assert said.count(NAN.message) == 1
    assert "Then write it again as it is, or write an improved program." in said
    assert "could not be trained" not in said
    assert "held the policy back" not in said


def test_a_fault_of_its_own_is_told_as_before(tmp_path):
    said = told(tmp_path, replace(attempt(toy.REACH, 0), training=failed(OWN), findings=(OWN,)))
    assert "This program could not be trained:\n- term near is nan" in said
    assert "not to blame" not in said
    assert "Say in a few sentences what held the policy back. Then write an improved program." in said


@pytest.mark.parametrize(("finding", "blame"), [(NAN, ", which is not the program's fault: "), (OWN, ": ")])
def test_what_broke_a_later_heat_is_told_beside_what_was_learned_before(tmp_path, finding, blame):
    tried = attempt(toy.REACH, 12, near=(0.1, 0.9))
    tried = replace(tried, training=replace(tried.training, reason="failed", findings=(finding,)), findings=(finding,))
    said = told(tmp_path, tried)
    assert "it solved\nthe task in 12 of them" in said
    assert f"It was not trained to the end, because the training failed{blame}{finding.text}\n" in said


def test_the_composer_tries_again_what_was_not_tried(tmp_path):
    first = next(iter(Composer().draft(brief(toy.TASK), 1)))

    def second(training: Trained) -> str:
        tried = replace(attempt(first.program, 0), training=training)
        return next(iter(Composer().draft(brief(toy.TASK, attempts=(tried,), round=1), 1))).program

    assert second(failed(NAN)) == first.program
    assert second(failed(OWN)) != first.program
