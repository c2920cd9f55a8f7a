from __future__ import annotations

import dataclasses

import toy
from test_composer import attempt, brief
from test_llm_coder import Scripted

from text2reward.agent.brief import Draft
from text2reward.agent.examples import Example
from text2reward.agent.exchanges import Exchanges
from text2reward.agent.llm_coder import LLMCoder
from text2reward.agent.method import Coding, Stages
from text2reward.agent.tokens import at_most
from text2reward.prompts import Prompts
from text2reward.record.finding import Finding

ALL = Stages(coding=Coding(history="all"))
EXAMPLES = tuple(Example(f"other/{name}", "Do it.", toy.REACH, 9, 10) for name in ("near", "far"))


def coder(tmp_path, room: int | None, told=lambda event: None, **options) -> LLMCoder:
    return LLMCoder(Exchanges(Scripted(), tmp_path, told), Prompts(), stages=ALL, room=room, **options)


def tried():
    """The request for a fourth round, with an attempt in each of the three before."""
    attempts = tuple(
        dataclasses.replace(attempt(toy.REACH, 9 + n, f"r{n}c1", near=(0.1, 0.9)), round=n) for n in (1, 2, 3)
    )
    return brief(toy.TASK, round=4, attempts=attempts, best="r3c1", examples=EXAMPLES)


def test_what_is_left_out_goes_in_the_stated_order_and_the_newest_stays(tmp_path):
    whole = coder(tmp_path, None).conversation(tried())
    order = [f"r{n}c1 and what became of it" for n in (1, 2)] + [f"the example of other/{n}" for n in ("far", "near")]
    seen = []
    for room in range(at_most(whole.messages()), 0, -20):
        fitted = whole.fitted(room)
        assert fitted.left_out == tuple(order[: len(fitted.left_out)])
        assert at_most(fitted.messages) <= room or fitted.left_out == tuple(order)
        assert fitted.messages[0] == whole.messages()[0]
        assert fitted.messages[-2:] == whole.messages()[-2:]
        assert "Move the hand" in fitted.messages[1].content
        assert fitted == whole.fitted(room)
        seen.append(fitted.left_out)
    assert len(set(seen)) == 5  # from nothing to everything that may go


def test_earlier_versions_go_before_examples_and_the_newest_findings_stay(tmp_path):
    told = []
    chain = [(Draft(toy.REACH, note=str(n)), [Finding("bad", f"finding {n}", 1)]) for n in (1, 2, 3)]
    first = brief(toy.TASK, examples=EXAMPLES)
    roomy = coder(tmp_path / "roomy", None, told.append)
    roomy.repair(first, chain, 2)
    assert told[-1].left_out == ()
    everything = at_most(roomy._exchanges.model.asked[0])
    small = coder(tmp_path / "small", everything - 700, told.append)
    small.repair(first, chain, 2)
    name = "the findings about an earlier version of r1c2"
    assert told[-1].left_out == (name, name, "the example of other/far")
    asked = small._exchanges.model.asked[0]
    assert "finding 3" in asked[-1].content
    assert not any("finding 1" in message.content or "finding 2" in message.content for message in asked)


def test_sizes_are_told_by_part(tmp_path):
    conversation = coder(tmp_path, None).conversation(tried())
    sizes = conversation.sizes(toy.TASK.layout.names)
    assert list(sizes) == ["rules", "task", "fields", "examples", "feedback"]
    assert all(size > 0 for size in sizes.values())
    assert abs(sum(sizes.values()) - sum(len(m.content) for m in conversation.messages()) / 3) < 10
    first = coder(tmp_path, None).conversation(brief(toy.TASK)).sizes(toy.TASK.layout.names)
    assert first["examples"] == first["feedback"] == 0
