"""A run whose model goes away: it waits and says so; where it does not come back, the run ends in order."""

from __future__ import annotations

import threading
import time

import pytest
import searches
from fast_clock import FastClock
from protocol_server import answer, error, serving
from searches import REACH, TOY, said

from text2reward.agent import chat_model
from text2reward.agent.config import config_for
from text2reward.agent.parallel import in_order
from text2reward.agent.run import resume, start
from text2reward.cli import main
from text2reward.errors import RunStopped
from text2reward.record.events import Asked
from text2reward.record.reader import list_runs, load

GOOD = answer(said("I reach.", REACH))
SETTINGS = {**TOY, "rounds": 1, "steps": 1_500, "held_out": 5, "model": "openai/x"}


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    fast = FastClock(real_s=0.001)
    monkeypatch.setattr(chat_model, "CLOCK", fast.clock())
    return fast


def test_a_run_survives_an_outage_of_ten_minutes_and_says_what_it_waits_for(tmp_path, clock, capsys):
    until = clock.now() + 600
    words = "run --env toy:TASK --candidates 1 --rounds 1 --steps 1500 --held-out 5 --display plain --model openai/x"
    with serving(lambda body, number: error(503, "down") if clock.now() < until else GOOD) as server:
        assert main([*words.split(), "--base-url", server.url, "--runs-dir", str(tmp_path)]) in (0, 1)
    shown = capsys.readouterr().err
    assert f"r1c1 waits for openai/x: {server.url} answered 503; asked again in " in shown
    assert "min so far, at most 15)" in shown
    run = load(list_runs(tmp_path)[0])
    assert run.finished
    (asked,) = run.events(Asked)
    assert (asked.unsure, len(searches.questions(run))) == (0, 1)


def test_a_failure_for_good_ends_the_run_in_order_and_what_was_answered_is_not_asked_again(tmp_path):
    """The answer that was under way when another question was refused is kept."""
    replies = {1: answer(said("I reach.", REACH)), 2: error(401, "no such key")}
    with serving(lambda body, number: replies[number]) as server, pytest.raises(RunStopped) as stopped:
        start(config_for(None, {**SETTINGS, "base_url": server.url}), tmp_path)
    assert "refused openai/x with 401: no such key. Check OPENAI_API_KEY. Then go on with: text2reward" in str(
        stopped.value
    )
    run = load(list_runs(tmp_path)[0])
    assert run.status == "interrupted"
    assert len(list(run.events(Asked))) == 1
    with serving(GOOD, port=server.port) as again:
        finished = resume(run.folder)
    assert len(again.requests) == 1  # only what was refused is asked again
    assert finished.finished
    assert len(list(finished.events(Asked))) == 2


def test_an_answer_that_was_withheld_or_cut_off_goes_back_to_the_model(tmp_path):
    first = iter([answer(None, "content_filter"), answer("```python\nimport torch\n", "length"), answer(""), GOOD])
    config = {**SETTINGS, "candidates": 1, "repairs": 3}
    with serving(lambda body, number: next(first)) as server:
        run = start(config_for(None, {**config, "base_url": server.url}), tmp_path)
    names = [[finding.name for finding in c.findings][:1] for c in run.candidates.values()]
    assert names[:3] == [["withheld"], ["cut-off"], ["empty-answer"]]
    assert run.candidates["r1c1.3"].success is not None
    told = [body["messages"][-1]["content"] for body in server.requests[1:]]
    assert "content filter withheld the answer" in told[0]
    assert "write a shorter one" in told[1]


@pytest.mark.parametrize("settle", [True, False])
def test_what_is_under_way_is_finished_before_a_failure_is_told(settle):
    done, going = [], threading.Event()

    def work(item):
        if item == 0:
            going.wait(10)
            raise ValueError("refused")
        going.set()
        time.sleep(0.3)
        done.append(item)

    with pytest.raises(ValueError, match="refused"):
        list(in_order(work, [0, 1, 2, 3], 2, settle))
    assert done == ([1] if settle else [])  # and nothing more is begun
