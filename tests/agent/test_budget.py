from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import toy
from protocol_server import answer, error, serving

from text2reward.agent import journal as journals
from text2reward.agent import patience
from text2reward.agent import run as runs
from text2reward.agent.budget import Budget, check_budget
from text2reward.agent.config import config_for
from text2reward.agent.exchanges import Exchanges
from text2reward.agent.journal import Journal
from text2reward.agent.language_model import Answer, Message, Usage
from text2reward.agent.picture import Picture
from text2reward.agent.run import resume, start
from text2reward.cli import main
from text2reward.errors import (
    BudgetReached,
    ModelError,
    RenderError,
    RunIsBusyError,
    RunStopped,
    UnknownNameError,
    UserError,
)
from text2reward.record.events import (
    Asked,
    AwaitsPeople,
    Drafted,
    Heard,
    Heat,
    Interrupted,
    Resumed,
    RoundFinished,
    RunStarted,
    Trained,
)
from text2reward.record.price import ModelFacts, Price
from text2reward.record.reader import load
from text2reward.record.writer import RecordWriter
from text2reward.terminal import results, running
from text2reward.training.workers import Workers

PPO = {"n_envs": 8, "n_steps": 32, "batch_size": 64, "n_epochs": 2, "learning_rate": 3e-3}
PLAIN = {"screening": {"order": "off", "duplicates": 0.0}, "reviewing": {"rounds": 0}, "selection": {"seeds": 1}}
QUICK = {"env": "toy:TASK", "steps": 512, "held_out": 4, "jobs": 1, "candidates": 3, "ppo": PPO, "stages": PLAIN}
NEVER = {"target": 1.0}
FENCED = f"I reward being near.\n```python\n{toy.REACH}```"
BROKEN = "```python\nimport torch\ndef compute_reward(state, action, prev):\n    return {'a': state.robot.eepos}\n```"
FACTS = ModelFacts(Price(1e6, 1e6))
"""A dollar a token."""
SAID = [Message("user", "x" * 4)]
"""Ten tokens at most: two for its bytes, eight for the turn."""


def config(**changes):
    return config_for(None, {**QUICK, **NEVER, **changes})


@pytest.fixture
def model(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setattr(patience, "FIRST_WAIT_S", 0.01)


@pytest.fixture
def no_films(monkeypatch):
    def film(*arguments):
        raise RenderError("No films here.")

    monkeypatch.setattr(Workers, "film", film)


class Spent:
    """As much of a journal as a budget asks for."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.worked_s = 0.0
        self.run = SimpleNamespace(
            events=lambda kind: iter(self.asked), exchange=lambda key: {"messages": []}, folder=Path("nowhere")
        )

    def run_s(self) -> float:
        return self.worked_s

    def spend(self, tokens_in: int | None, tokens_out: int | None, cost: float | None) -> None:
        self.asked.append(Asked(str(len(self.asked)), "r1c1", "openai/m", tokens_in, tokens_out, cost, 1.0))


def budget(journal, facts=FACTS, **limits) -> Budget:
    return Budget(config(model="openai/m", base_url="http://localhost:1/v1", answer_tokens=5, **limits), journal, facts)


def test_a_call_is_made_while_its_worst_case_fits_and_refused_with_numbers_where_it_does_not():
    journal = Spent()
    limited = budget(journal, max_cost=40)  # a call takes 10 tokens in and 5 out at most
    for _ in range(2):
        with limited.call(SAID, "r1c1"):
            journal.spend(9, 4, 13.0)
    refusal = (
        r"\$26\.0000 of --max-cost 40 are spent, and a call may cost \$15\.0000 \(10 tokens in and 5 out at most\)"
    )
    with pytest.raises(BudgetReached, match=refusal), limited.call(SAID, "r1c1"):
        pytest.fail("the call was made")
    with budget(journal, max_cost=41).call(SAID, "r1c1"):
        pass


def test_tokens_are_limited_without_any_price():
    journal = Spent()
    journal.spend(20, 10, None)
    with budget(journal, ModelFacts(), max_tokens=45).call(SAID, "r1c1"):
        pass
    with (
        pytest.raises(BudgetReached, match=r"30 of --max-tokens 44 are used, and a call may take 15"),
        budget(journal, ModelFacts(), max_tokens=44).call(SAID, "r1c1"),
    ):
        pytest.fail("the call was made")


def test_a_call_whose_server_does_not_count_is_taken_at_its_worst():
    journal = Spent()
    journal.run.exchange = lambda key: {"messages": [message.to_json() for message in SAID]}
    journal.spend(None, None, None)
    with budget(journal, max_cost=30, max_tokens=30).call(SAID, "r1c1"):
        pass
    with pytest.raises(BudgetReached), budget(journal, max_cost=29).call(SAID, "r1c1"):
        pass
    with pytest.raises(BudgetReached), budget(journal, max_tokens=29).call(SAID, "r1c1"):
        pass


def test_requests_that_may_have_been_answered_count_at_their_worst(tmp_path):
    journal = Spent()
    journal.run.folder = tmp_path
    journal.run.exchange = lambda key: {"messages": [message.to_json() for message in SAID]}
    journal.asked.append(Asked("a", "r1c1", "openai/m", 4, 2, 6.0, 1.0, unsure=1))  # 6 and 15 tokens
    silent = SimpleNamespace(name="openai/m", sampling={}, parallel=True, ask=None)

    def ask(messages, about):
        raise ModelError("No answer.", unsure=2)

    silent.ask = ask
    for _ in range(2):  # and what another session asked in vain: 60 tokens
        with pytest.raises(ModelError):
            Exchanges(silent, tmp_path / "llm", journal.asked.append).ask(SAID, "r1c2")
    with pytest.raises(BudgetReached, match="81 of --max-tokens 95"), budget(journal, max_tokens=95).call(SAID, "r1c2"):
        pytest.fail("the call was made")
    with budget(journal, max_tokens=96).call(SAID, "r1c2"):
        pass
    silent.ask = lambda messages, about: Answer("Hi.", Usage(9, 1))
    Exchanges(silent, tmp_path / "llm", journal.asked.append).ask(SAID, "r1c2")
    assert journal.asked[-1].unsure == 4
    with pytest.raises(BudgetReached, match="91 of --max-tokens 105"), budget(journal, max_tokens=105).call(SAID, "x"):
        pytest.fail("the call was made")


@pytest.mark.parametrize(("spent", "made"), [(5.0, True), (15.0, False)])
def test_a_call_waits_for_others_whose_end_may_leave_room(spent, made):
    journal = Spent()
    limited = budget(journal, max_cost=20)
    outcome, begun = [], threading.Event()

    def second() -> None:
        begun.set()
        try:
            with limited.call(SAID, "r1c2"):
                outcome.append(True)
        except BudgetReached:
            outcome.append(False)

    thread = threading.Thread(target=second)
    with limited.call(SAID, "r1c1"):
        thread.start()
        begun.wait()
        thread.join(0.2)
        assert outcome == []  # 15 are in flight, 15 more would pass 20
        journal.spend(3, 2, spent)
    thread.join()
    assert outcome == [made]
    limited.settle()


def test_several_calls_fit_only_where_all_of_them_do():
    assert budget(Spent(), max_cost=45).fits(SAID, 3)
    assert not budget(Spent(), max_cost=44).fits(SAID, 3)
    assert budget(Spent()).fits(SAID, 1000)


def test_a_prompt_that_is_larger_than_the_window_is_not_sent():
    with (
        pytest.raises(BudgetReached, match=r"The prompt for r2c1 has up to 10 tokens .* window of 12 has room for 7"),
        budget(Spent(), context=12).call(SAID, "r2c1"),
    ):
        pytest.fail("the call was made")
    with budget(Spent(), context=15).call(SAID, "r2c1"):
        pass


def test_nothing_begins_when_the_hours_are_over():
    journal = Spent()
    limited = budget(journal, max_hours=0.5)
    assert not limited.hours_are_over
    assert limited.deadline == pytest.approx(time.monotonic() + 1800, abs=5)
    journal.worked_s = 1801.0
    assert limited.hours_are_over
    with pytest.raises(BudgetReached, match=r"--max-hours 0.5 are over"):
        limited.check_hours()
    with pytest.raises(BudgetReached), limited.call(SAID, "r1c1"):
        pytest.fail("the call was made")


def test_a_person_in_place_of_the_model_is_waited_for_outside_the_hours():
    journal, told = Spent(), []
    journal.append = told.append
    limited = Budget(config(model="manual", max_hours=1), journal, ModelFacts())
    with limited.call(SAID, "r1c1"):
        assert told == [AwaitsPeople("r1c1")]
    journal.worked_s = 3601.0
    with pytest.raises(BudgetReached), limited.call(SAID, "r1c2"):
        pytest.fail("the person was asked")


def test_a_model_that_sees_is_held_by_the_same_limits_and_has_a_price_of_its_own():
    journal = Spent()
    settings = config(model="openai/m", base_url="http://localhost:1/v1", answer_tokens=5, vision="openai/sees")
    limits = replace(settings, max_cost=12_000.0)
    both = Budget(limits, journal, ModelFacts(Price(0, 0)), FACTS)
    looked = [Message("user", "x" * 4, tuple(Picture(str(i), b"\xff\xd8\xff") for i in range(12)))]
    with (
        pytest.raises(BudgetReached, match=r"a call may cost \$12015.0000 \(12,010 tokens in"),
        both.call(looked, "opinion.r1c1-r1c2.1", "openai/sees"),
    ):
        pytest.fail("the call was made")
    with both.call(SAID, "r1c1", "openai/m"):
        pass
    assert both.cost(100, 20, None, "openai/sees") == 120
    journal.asked.append(Asked("k", "opinion.r1c1-r1c2.1", "openai/sees", 100_000, 0, None, 1.0))
    with pytest.raises(BudgetReached, match=r"\$100000.0000 of --max-cost 12000 are spent"), both.call(SAID, "r1c2"):
        pytest.fail("the call was made")
    with pytest.raises(UserError, match=r"--max-cost needs the price of openai/sees, which is not known\. Limit"):
        check_budget(limits, FACTS, ModelFacts())


def test_replayed_answers_count_as_if_they_were_paid():
    journal = Spent()
    journal.asked.append(Asked("k", "r1c1", "openai/m", 90, 10, 0.0, 0.0, replayed=True))
    with (
        pytest.raises(BudgetReached, match=r"\$100.0000 of --max-cost 110 are spent"),
        budget(journal, max_cost=110).call(SAID, "r1c2"),
    ):
        pytest.fail("the call was made")


def test_costs_on_record_come_from_the_snapshot_with_cached_tokens_at_their_own_price(tmp_path):
    class Model:
        name, sampling, parallel = "openai/m", {}, True

        def ask(self, messages, about):
            return Answer("x", Usage(100, 20, 60) if about == "r1c1" else Usage())

    told = []
    facts = ModelFacts(Price(10, 100, 1))
    exchanges = Exchanges(Model(), tmp_path, told.append, budget(Spent(), facts))
    exchanges.ask(SAID, "r1c1")
    exchanges.ask(SAID, "r1c2")
    assert told[0].cost_usd == pytest.approx((40 * 10 + 60 * 1 + 20 * 100) / 1e6)
    assert (told[0].tokens_in, told[0].tokens_out, told[0].tokens_cached) == (100, 20, 60)
    assert told[1].cost_usd is None


def test_waiting_for_people_is_none_of_the_hours(tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(journals, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr("text2reward.record.writer.time", SimpleNamespace(monotonic=lambda: now[0]))
    stamp = SimpleNamespace(now=lambda zone: datetime.fromtimestamp(now[0], zone), fromisoformat=datetime.fromisoformat)
    monkeypatch.setattr("text2reward.record.entry.datetime", stamp)
    writer = RecordWriter.create(tmp_path, "x", {}, {})
    writer.append(RunStarted("x", "toy/reach", "Move.", "m"))
    journal = Journal(writer, lambda event: None)

    def asked(about: str) -> Asked:
        return Asked(about, about, "manual", None, None, None, 5000.0)

    now[0] += 10
    assert journal.run_s() == pytest.approx(10)
    journal.append(AwaitsPeople("round 1"))
    now[0] += 5000
    journal.append(Heard(1))
    now[0] += 2
    assert journal.run_s() == pytest.approx(12)
    journal.append(AwaitsPeople("r2c1"))
    now[0] += 3000
    journal.append(asked("opinion.r1c1-r1c2.5"))  # somebody asks for an opinion meanwhile
    now[0] += 2000
    journal.append(asked("r2c1"))
    now[0] += 3
    assert journal.run_s() == pytest.approx(15)
    assert Journal(writer, lambda event: None).run_s() == pytest.approx(12)  # up to the last event
    assert journal.wall_s() == pytest.approx(12)
    writer.close()


def keys(run):
    return [event.key for event in run.events(Asked)]


def test_costs_used_up_in_the_middle_of_a_round_end_the_run_in_order_and_more_goes_on_from_there(
    tmp_path, model, no_films, capsys
):
    """A call costs $1.10 and $1.64 at most, so two of three drafts fit into $3.50; more asks for the next round."""
    settings = {"price": (1000.0, 1000.0), "answer_tokens": 200, "rounds": 2}
    with serving(lambda body, number: answer(FENCED.replace("5 *", f"{number} *"), tokens=(1000, 100))) as server:
        run = start(config(model="openai/test", base_url=server.url, max_cost=3.5, **settings), tmp_path)
        assert len(server.requests) == 2
        assert run.finished.reason == "budget"
        assert "$2.2000 of --max-cost 3.5 are spent" in run.finished.budget
        assert run.cost_usd == pytest.approx(2.2)
        assert [c.id for c in run.candidates.values()] == ["r1c1", "r1c2"]
        assert all(c.success for c in run.candidates.values())  # what was paid for is trained
        assert run.held_out is not None
        assert running.exit_code(run) == 3
        assert "Go on with more: text2reward resume" in results.text(run)
        assert results.text(run).split("Go on")[1].count("--max-cost MORE") == 1

        assert len(resume(run.folder).entries) == len(run.entries)  # no larger budget, nothing to do
        assert len(resume(run.folder, changes={"max_cost": 3.5}).entries) == len(run.entries)
        with pytest.raises(UserError, match="--max-cost is -1"):
            resume(run.folder, changes={"max_cost": -1.0})
        with pytest.raises(UnknownNameError, match="Did you mean max_cost"):
            resume(run.folder, changes={"maxcost": 9.0})

        main(["resume", str(run.folder), "--max-cost", "30", "--display", "none", "--json"])
        again = load(run.folder)
        assert json.loads(capsys.readouterr().out)["exit_reason"] == again.finished.reason == "rounds"
        assert len(server.requests) == 5
    assert [c.id for c in again.candidates.values()] == ["r1c1", "r1c2", "r2c1", "r2c2", "r2c3"]
    assert keys(again)[:2] == keys(run)
    assert len(set(keys(again))) == 5  # nothing is asked twice
    before = list(run.events(Trained))
    assert list(again.events(Trained))[: len(before)] == before
    assert [event.changed for event in again.events(Resumed)] == [{"max_cost": 30.0}]
    assert again.held_out.candidate == again.best.id
    assert again.finished.budget == ""
    assert again.started.facts.price == Price(1000.0, 1000.0, None, "--price")


@pytest.mark.parametrize(("limit", "at_once"), [({"max_tokens": 10**9}, 1), ({}, 2)], ids=["limited", "free"])
def test_analyses_that_a_limit_may_refuse_are_asked_for_in_order(tmp_path, model, no_films, limit, at_once):
    """A replay could not know which of two came first."""
    under_way, most, lock = [], [0], threading.Lock()

    def said(body, number):
        if not body["messages"][-1]["content"].startswith("This time you do not write a program; you say why"):
            return answer(FENCED.replace("5 *", f"{number} *"))
        with lock:
            under_way.append(number)
            most[0] = max(most[0], len(under_way))
        time.sleep(0.5)
        under_way.remove(number)
        return answer('{"causes": ["It stands still."]}')

    settings = {"candidates": 2, "rounds": 1, "jobs": 2, "stages": {**PLAIN, "feedback": {"analysis": "model"}}}
    with serving(said) as server:
        run = start(config(model="openai/test", base_url=server.url, **settings, **limit), tmp_path)
    assert [event.candidate for event in run.events(Asked)].count("r1c1.analysis") == 1
    assert most == [at_once]


def test_a_repair_that_cannot_be_paid_leaves_the_round_open(tmp_path, model, no_films):
    with serving(lambda body, number: answer(BROKEN if number == 1 else FENCED, tokens=(1000, 100))) as server:
        settings = {"model": "openai/test", "base_url": server.url, "candidates": 1, "rounds": 1}
        run = start(config(max_tokens=2_000, answer_tokens=200, **settings), tmp_path)
        assert (run.finished.reason, run.best, run.rounds) == ("budget", None, [])
        assert "No policy: a limit was reached" in results.text(run)
        assert running.exit_code(run) == 3
        again = resume(run.folder, changes={"max_tokens": 20_000})
        assert len(server.requests) == 2
    assert [c.id for c in again.candidates.values()] == ["r1c1", "r1c1.1"]
    assert again.best.id == "r1c1.1"
    assert len([*again.events(RoundFinished)]) == 1


def test_a_prompt_that_a_server_finds_too_long_is_shortened_where_the_run_goes_on(tmp_path, model, no_films):
    """The second repair's prompt holds both earlier versions; where less fits, it holds the newer one only."""
    broken = [BROKEN.replace("```python\n", f"```python\n# Version {n}.\n{'#' * 4_000}\n") for n in (1, 2)]

    def answers(body, number):
        words = "".join(message["content"] for message in body["messages"])
        if "# Version 1." in words and "# Version 2." in words:
            return error(400, "This model's maximum context length is 4096 tokens.")
        return answer(broken["# Version 1." in words] if "# Version 2." not in words else FENCED)

    with serving(answers) as server:
        settings = {"model": "openai/test", "base_url": server.url, "candidates": 1, "rounds": 1, "context": 100_000}
        with pytest.raises(RunStopped, match="say with --context N how much it takes"):
            start(config(**settings), tmp_path)
        (folder,) = tmp_path.iterdir()
        asked = [*load(folder).events(Asked)]
        again = resume(folder, changes={"context": 9_000})
    assert len(asked) == 2
    assert [event.changed for event in again.events(Resumed)] == [{"context": 9_000}]
    assert [*again.events(Asked)][2].left_out
    assert again.finished.reason == "rounds"


def test_a_finished_run_is_not_asked_for_nonsense(tmp_path, no_films):
    run = start(config(candidates=1, rounds=1), tmp_path)
    assert len(resume(run.folder, changes={"max_cost": 5.0}).entries) == len(run.entries)
    with pytest.raises(UserError, match="--max-cost is -5"):
        resume(run.folder, changes={"max_cost": -5.0})
    with pytest.raises(UserError, match="replays no run"):
        resume(run.folder, ask=True)


def test_what_another_process_did_meanwhile_is_not_done_again(tmp_path, no_films, monkeypatch):
    run = start(config(candidates=1, rounds=2, max_steps=512), tmp_path)

    def meanwhile(config):
        writer = RecordWriter(run.folder)
        writer.append(Interrupted("by another process"))
        writer.close()

    monkeypatch.setattr(runs, "check_wandb", meanwhile)
    with pytest.raises(RunIsBusyError, match="Another process went on with"):
        resume(run.folder, changes={"max_steps": 2_000})
    assert len(load(run.folder).entries) == len(run.entries) + 1
    RecordWriter(run.folder).close()  # nobody holds it


def test_steps_that_no_training_fits_into_are_refused_at_once(tmp_path):
    with pytest.raises(UserError, match=r"--max-steps 255 is not enough for a training of 256\. Allow more\."):
        start(config(max_steps=255), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_steps_can_be_raised_too(tmp_path, no_films):
    settings = {"candidates": 1, "rounds": 2, "max_steps": 512}
    run = start(config(**settings), tmp_path)
    assert run.finished.reason == "budget"
    assert "512 of --max-steps 512 are used" in run.finished.budget
    again = resume(run.folder, changes={"max_steps": 2_000})
    assert again.finished.reason == "rounds"
    assert [c.id for c in again.candidates.values()] == ["r1c1", "r2c1"]
    assert again.candidates["r1c1"].training == run.candidates["r1c1"].training


@contextmanager
def hours_that_end(after_s: float):
    """A run of which all but so many seconds of an hour are over as soon as its first training begins."""
    began = []

    def run_s(self) -> float:
        if self.find(Heat) is None:
            return 0.0
        began.append(time.monotonic())
        return 3600 - after_s + time.monotonic() - began[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "run_s", run_s)
        yield


def test_a_training_under_way_stops_at_a_checkpoint_and_goes_on_to_the_same_result(tmp_path, no_films):
    settings = {"candidates": 2, "rounds": 1, "steps": 10_240}
    whole = start(config(**settings), tmp_path / "whole")
    with hours_that_end(0.3):
        run = start(config(max_hours=1.0, **settings), tmp_path / "cut")
    (cut,) = run.events(Trained)
    assert (cut.training, cut.reason) == ("r1c1/s0", "hours")
    assert 0 < cut.sim_steps < 10_240
    assert run.finished.reason == "budget"
    assert run.finished.budget == "--max-hours 1 are over."
    assert run.held_out.candidate == run.best.id == "r1c1"  # kept as what it is
    assert run.rounds == []
    again = resume(run.folder, changes={"max_hours": 100.0})
    assert again.finished.reason == whole.finished.reason
    for name, candidate in again.candidates.items():
        assert candidate.curves == whole.candidates[name].curves
        assert candidate.training.select == whole.candidates[name].training.select
        assert candidate.training.reason == whole.candidates[name].training.reason
    assert [*again.events(Drafted)] == [*whole.events(Drafted)]
    assert again.held_out == whole.held_out
    assert not [*again.events(Interrupted)]


WINDOW = """```python
import torch


def compute_reward(state, action, prev):
    to_handle = torch.linalg.norm(state.robot.ee_pos - state.handle.pos, dim=-1)
    to_goal = torch.linalg.norm(state.handle.pos - state.goal.pos, dim=-1)
    return {"reach": 1 - torch.tanh(5 * to_handle), "close": 3 * (1 - torch.tanh(10 * to_goal))}
```"""


@pytest.mark.long
def test_budgets_hold_on_metaworld(tmp_path, model):
    """One call and one short training fit; with more of both the run goes on."""
    settings = {"candidates": 1, "rounds": 2, "steps": 20_000, "max_steps": 20_000, "held_out": 5, "target": 1.0}
    with serving(lambda body, number: answer(WINDOW.replace("5 *", f"{number + 3} *"), tokens=(3000, 500))) as server:
        asked = {"model": "openai/test", "base_url": server.url, "answer_tokens": 600, "max_tokens": 6_000}
        named = {"env": "metaworld/window-close-v3", "stages": PLAIN, "jobs": 2}
        run = start(config_for(None, {**named, **asked, **settings}), tmp_path)
        assert run.finished.reason == "budget"
        assert "--max-steps 20000" in run.finished.budget
        more = resume(run.folder, changes={"max_steps": 60_000})
        assert "--max-tokens 6000" in more.finished.budget
        last = resume(run.folder, changes={"max_tokens": 50_000})
        assert len(server.requests) == 2
    assert last.finished.reason in ("rounds", "target")
    assert [c.id for c in last.candidates.values()] == ["r1c1", "r2c1"]
    assert last.candidates["r1c1"].training == run.candidates["r1c1"].training
    assert last.held_out.candidate == last.best.id
    assert {video.label for video in last.best.videos} >= {"best", "median", "worst"} or last.video_problem
