"""People in the loop from end to end: a run on Meta-World, its pages in a real browser, and the round after that."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time

import pytest
from browser import READY, Browser, needs_browser
from protocol_server import answer, serving

from text2reward.record.events import Heard
from text2reward.record.feedback import PairVote, read
from text2reward.record.reader import find_run, load

pytestmark = [needs_browser, pytest.mark.long]

PROGRAM = """
import torch


def compute_reward(state, action, prev):
    way = torch.linalg.norm(state.robot.ee_pos - state.handle.pos, dim=-1)
    open_by = torch.linalg.norm(state.handle.pos - state.goal.pos, dim=-1)
    return {"reach": 1 - torch.tanh(5 * way), "move": WEIGHT * (1 - torch.tanh(10 * open_by))}
"""
CONFIG = {
    "env": "metaworld/window-close-v3",
    "model": "openai/scripted",
    "human": "wait",
    "candidates": 4,
    "rounds": 2,
    "steps": 8192,
    "held_out": 4,
    "target": 1.0,
    "jobs": 2,
    "stages": {"training": {"halvings": 0}, "screening": {"duplicates": 0.0}},
}
WORDS = "come to the handle from above"


def until(true, seconds):
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, true
        time.sleep(0.2)
    return found


def command(*words, **options):
    environment = {**os.environ, "OPENAI_API_KEY": "none"}
    return subprocess.Popen([sys.executable, "-m", "text2reward", *words], env=environment, text=True, **options)


def test_two_raters_judge_a_run_in_the_browser_and_the_next_round_uses_it(tmp_path):
    number = iter(range(1, 100))
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    with serving(lambda body, _: answer(f"```python\n{PROGRAM.replace('WEIGHT', str(next(number)))}\n```")) as model:
        asked = ["run", "--config", str(tmp_path / "config.json"), "--base-url", model.url]
        with open(tmp_path / "said", "w") as said:
            run = command(*asked, "--runs-dir", str(tmp_path / "runs"), "--display", "plain", stdout=said, stderr=said)
        try:
            until(lambda: "waiting for people" in (tmp_path / "said").read_text() or run.poll() is not None, 400)
            folder = find_run("latest", tmp_path / "runs")
            first_round = len(model.requests)
            served = command("serve", str(folder), stdout=subprocess.PIPE)
            try:
                rate(re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", served.stdout.readline())[0], folder)
            finally:
                served.terminate()
                served.wait(30)
                served.stdout.close()
            until(lambda: "round 2 is over" in (tmp_path / "said").read_text() or run.poll() is not None, 400)
            assert command("feedback", str(folder), "--done", "--as", "Ada").wait(60) == 0
            assert run.wait(120) in (0, 1), (tmp_path / "said").read_text()
        finally:
            run.kill()
            run.wait()
    told = [body["messages"][-1]["content"] for body in model.requests[first_round:]]
    assert len(told) == 4
    assert all(WORDS in text for text in told)
    heard = next(load(folder).events(Heard))
    assert {each.rater: each.votes for each in heard.raters} == {"Ada": 10, "Bob": 10}
    assert heard.agreement.n >= 2
    assert [quote.text for quote in heard.quotes] == [WORDS]
    liked = heard.strengths[0].candidate
    assert f"- {liked}: +" in told[0]


def rate(address, folder):
    """Two people judge ten pairs each, side by side; one of them has a wish."""
    browser = Browser()
    try:
        tabs = {}
        for rater in ("Ada", "Bob"):
            tab = tabs[rater] = browser.tab()
            tab.open(address)
            tab.open(address.partition("?")[0] + "rate")
            tab.name(rater)
        for turn in range(10):
            for rater, tab in tabs.items():
                tab.front()
                tab.until(READY, 300)  # until the films are made
                if (rater, turn) == ("Ada", 4):
                    tab.js("document.getElementById('words').focus()")
                    tab.type(WORDS)
                    tab.js("document.activeElement.blur()")
                tab.press("12"[(turn + len(rater)) % 2])
                until(lambda rater=rater, turn=turn: votes(folder, rater) == turn + 1, 30)
        for tab in tabs.values():
            tab.click("#done")
            tab.until("document.body.innerText.includes('Thanks')", 30)
            assert tab.problems() == []
    finally:
        browser.close()


def votes(folder, rater):
    return sum(each.rater == rater and isinstance(each.said, PairVote) for each in read(folder))
