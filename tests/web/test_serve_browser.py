"""The pages in a real browser. Where there is none, all of these are skipped, and say so."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import httpx
import pytest
import served
from browser import READY, Browser, needs_browser

from text2reward.record.events import AwaitsPeople, Heard, RunFinished
from text2reward.record.feedback import BestWorst, Comment, Edit, PairVote, Undo, append, read, standing

pytestmark = needs_browser

FRAME = """(() => Array.from(document.querySelectorAll('#player video'), (video) => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 128;
  const pen = canvas.getContext('2d');
  pen.drawImage(video, 0, 0, 128, 128);
  const white = (bit) => pen.getImageData(20 * bit + 10, 8, 1, 1).data[0] > 127;
  return [0, 1, 2, 3, 4, 5].reduce((sum, bit) => sum + (white(bit) ? 1 << bit : 0), 0);
}))()"""
"""What number each film shows, read from its pixels."""


UNNAMED = """Array.from(document.querySelectorAll('input, textarea, select, button'))
  .filter((e) => !(e.labels && e.labels.length) && !e.getAttribute('aria-label') && !e.textContent.trim())
  .map((e) => e.outerHTML)"""
"""What a screen reader has no name for."""


@pytest.fixture(scope="module")
def browser():
    opened = Browser()
    yield opened
    opened.close()


def rating(browser, server, rater="Ada", page="rate", beside=None):
    tab = browser.tab(beside)
    tab.open(server.address)
    tab.open(server.address.partition("?")[0] + page)
    if beside is None:
        tab.name(rater)
    tab.until(READY)
    return tab


def votes(folder, rater=None):
    return [each for each in standing(read(folder)) if rater in (None, each.rater)]


def answered(tab, folder, count):
    """Wait until so many lines are written and the next films are there."""
    tab.until("true")
    end = time.monotonic() + 30
    while len(read(folder)) < count and time.monotonic() < end:
        time.sleep(0.02)
    assert len(read(folder)) == count
    tab.until(READY)


def test_a_rater_works_by_keyboard_and_words_alone(browser, server, writer):
    tab = rating(browser, server)
    pair = tab.js("Array.from(document.querySelectorAll('#player video'), (video) => video.src)")
    tab.js("document.getElementById('words').focus()")
    tab.press("1", "x", "s", "=", "u", " ")
    assert tab.js("document.getElementById('words').value") == "1xs=u "
    assert not read(writer.folder)
    tab.type(served.HOSTILE)
    tab.press("Tab")  # to the first tag
    tab.press(" ")
    tab.js("document.activeElement.blur()")
    tab.press("2")
    answered(tab, writer.folder, 1)
    vote = votes(writer.folder)[0]
    assert (vote.rater, vote.said.choice, vote.said.tags) == ("Ada", "right", ("too fast",))
    assert vote.said.text == "1xs=u " + served.HOSTILE
    assert "Thanks: right." in tab.text()
    assert "You judged 1 time · 1 answer by 1 rater" in tab.text()
    assert tab.js("Array.from(document.querySelectorAll('#player video'), (video) => video.src)") != pair
    assert tab.js("document.getElementById('words').value + document.querySelectorAll('#tags :checked').length") == "0"

    tab.open(server.address.partition("?")[0] + "rate")
    tab.until(READY)
    tab.press("u")
    answered(tab, writer.folder, 2)
    assert isinstance(read(writer.folder)[1].said, Undo)
    tab.until("document.getElementById('thanks').innerText.startsWith('Taken back: the answer that right is better')")
    assert tab.js("document.getElementById('words').value") == vote.said.text
    assert tab.js("document.querySelector('#tags :checked').value") == "too fast"
    tab.press("x")
    answered(tab, writer.folder, 3)
    again = read(writer.folder)[2].said
    assert (again.left, again.seed, again.choice) == (vote.said.left, vote.said.seed, "neither")
    assert (again.text, again.tags) == (vote.said.text, vote.said.tags)

    tab.open(server.address.partition("?")[0])
    tab.until("document.body.innerText.includes('What people said')")
    tab.close()
    assert tab.problems() == []


def test_both_films_show_the_same_frame_by_their_pixels(browser, server):
    tab = rating(browser, server)
    tab.press(" ")
    tab.until("document.querySelector('.play').textContent === 'Play'")
    for frame in (0, 1, 7, 39, 20, 21):
        tab.js(
            f"(() => {{ const slider = document.querySelector('#player input'); slider.value = {frame};"
            "slider.dispatchEvent(new Event('input')); })()"
        )
        tab.until(f"JSON.stringify({FRAME}) === '[{frame},{frame}]'", 10)
    tab.press("ArrowRight")
    tab.until(f"JSON.stringify({FRAME}) === '[22,22]'", 10)
    tab.press("ArrowLeft", "ArrowLeft")
    tab.until(f"JSON.stringify({FRAME}) === '[20,20]'", 10)
    assert tab.js("document.querySelector('.clock').textContent") == "21 / 40"
    tab.press(" ")
    apart = []
    for _ in range(12):
        time.sleep(0.15)
        left, right = tab.js(FRAME)
        apart.append(abs(left - right))
    assert sorted(apart)[-3] <= 1, apart
    tab.press(" ")
    tab.until(
        f"(() => {{ const [left, right] = {FRAME}, said = Number(document.getElementById('player').dataset.frame);"
        "return left === right && left === said })()",
        10,
    )
    tab.close()


@pytest.mark.long
def test_two_raters_judge_ten_pairs_at_once(browser, server, writer):
    ada, bob = rating(browser, server, "Ada"), rating(browser, server, "Bob <i>")
    for turn in range(10):
        for tab, key in ((ada, "1=x2"[turn % 4]), (bob, "2")):
            tab.front()
            tab.until(READY)
            tab.press(key)
        end = time.monotonic() + 20
        while len(read(writer.folder)) < 2 * turn + 2 and time.monotonic() < end:
            time.sleep(0.02)
    assert [len(votes(writer.folder, rater)) for rater in ("Ada", "Bob <i>")] == [10, 10]
    ada.front()
    ada.until("document.body.innerText.includes('You judged 10 times')")
    assert "You are Bob <i>" in bob.text()
    for tab in (ada, bob):
        assert tab.problems() == []
        tab.close()


@pytest.mark.long
def test_best_and_worst_by_keys_and_by_mouse(browser, server, writer):
    tab = rating(browser, server, page="rate/best-worst")
    assert tab.js("document.getElementById('send').disabled")
    tab.press("Enter")
    tab.until("document.getElementById('thanks').innerText === 'Choose a best and a worst film, then send.'")
    tab.press("3", "Enter")
    tab.until("document.getElementById('thanks').innerText === 'Choose a worst film, then send.'")
    assert not read(writer.folder)
    tab.press("1", "Enter")
    answered(tab, writer.folder, 1)
    tab.until("document.querySelectorAll('.crown').length === 4 && !document.querySelector('[aria-pressed=true]')")
    tab.click("#player figure:nth-child(2) [data-kind=worst]")
    tab.click("#player figure:nth-child(4) [data-kind=best]")
    tab.click("#send")
    answered(tab, writer.folder, 2)
    first, second = (each.said for each in read(writer.folder))
    assert isinstance(first, BestWorst)
    assert isinstance(second, BestWorst)
    assert (first.best, first.worst) == (first.shown[2], first.shown[0])
    assert (second.best, second.worst) == (second.shown[3], second.shown[1])
    assert tab.problems() == []
    tab.close()


@pytest.mark.long
def test_the_second_of_two_tabs_is_told(browser, server, writer):
    one = rating(browser, server)
    two = rating(browser, server, beside=one)
    one.click("[data-choice=left]")
    answered(one, writer.folder, 1)
    two.press("2")
    two.until("document.body.innerText.includes('You answered this one already')")
    two.until(READY)
    assert len(read(writer.folder)) == 1
    for tab in (one, two):
        tab.close()


@pytest.mark.long
def test_a_space_after_a_click_plays_and_does_not_vote_again(browser, server, writer):
    tab = rating(browser, server)
    tab.click("[data-choice=right]")
    answered(tab, writer.folder, 1)
    tab.until("document.querySelector('.play').textContent === 'Pause'")
    tab.press(" ")
    tab.until("document.querySelector('.play').textContent === 'Play'")
    assert len(read(writer.folder)) == 1
    tab.close()


@pytest.mark.long
def test_the_overview_follows_the_run_to_its_end_and_keeps_what_is_unfolded(browser, server, writer):
    tab = browser.tab()
    tab.open(server.address)
    tab.until("document.querySelectorAll('details.candidate').length === 4")
    tab.click("[data-part=r1c1] summary")
    tab.until("document.querySelectorAll('[data-part=r1c1] .chart canvas').length === 3")
    tab.click("[data-part=r1c1] .exchange summary")
    tab.until("document.body.innerText.includes('Ask a note')")
    tab.js("document.querySelector('[data-part=r1c1]').firstElementChild.mark = 1")
    served.candidate(writer, 5)
    tab.until("document.querySelectorAll('details.candidate').length === 5", 15)
    assert tab.js("document.querySelector('[data-part=r1c1]').firstElementChild.mark") == 1  # was not touched
    tab.js("document.getElementById('words').focus()")
    tab.type("use the handle")
    writer.append(RunFinished("rounds", "r1c4", 60.0))
    tab.until("document.body.innerText.includes('The run is over')", 15)
    assert tab.js("document.getElementById('status').textContent") == "not solved"
    assert tab.js("document.activeElement.id + document.activeElement.value") == "wordsuse the handle"
    tab.click("form.comment button")
    tab.name("Ada")
    tab.until("document.body.innerText.includes('Written down')")
    assert read(writer.folder)[0].said == Comment("use the handle")
    tab.until(
        "document.querySelector('.said') && document.querySelector('.said').innerText.includes('use the handle')", 15
    )
    assert tab.problems() == []
    tab.close()


@pytest.mark.long
def test_a_program_is_checked_and_saved_in_the_page(browser, server, writer):
    tab = browser.tab()
    tab.open(server.address)
    tab.open(f"{server.address.partition('?')[0]}candidate/r1c2")
    tab.until("document.querySelector('#player video')")
    tab.js("(() => { const p = document.getElementById('program'); p.value = p.value.replaceAll('goal', 'gaol'); })()")
    tab.click("#check")
    tab.until("document.getElementById('found').innerText.includes('line 6')")
    tab.js("document.getElementById('found').replaceChildren()")
    broken = tab.js("document.getElementById('program').value")
    tab.js("document.getElementById('why').value = 'gaol for goal'")
    tab.click("#save")
    tab.name("Ada")
    tab.until("document.querySelector('#edit .answer').innerText.startsWith('Not saved: the check finds')")
    assert "line 6" in tab.js("document.getElementById('found').innerText")
    assert tab.js("document.getElementById('program').value") == broken
    assert tab.js("document.getElementById('why').value") == "gaol for goal"
    assert not read(writer.folder)
    tab.click("#found button")
    assert tab.js(
        "(() => { const p = document.activeElement; return p.value.slice(p.selectionStart, p.selectionEnd) })()"
    ).startswith("    distance")
    tab.js(
        "(() => { const p = document.getElementById('program');"
        "p.value = p.value.replaceAll('gaol', 'goal').replace('5 *', '6 *'); })()"
    )
    tab.click("#save")
    tab.until("document.body.innerText.includes('becomes a') && document.body.innerText.includes('Written down.')")
    said = read(writer.folder)[0].said
    assert isinstance(said, Edit)
    assert said.program == (writer.folder / "candidates/r1c2/reward.py").read_text().replace("5 *", "6 *")
    tab.click("#edit .take-back")
    tab.until("document.getElementById('edit').innerText.includes('Taken back: the edit of r1c2')")
    assert standing(read(writer.folder)) == []
    assert tab.js("document.getElementById('program').value") == said.program
    assert [each for each in tab.problems() if "422" not in each] == []
    tab.close()


@pytest.mark.long
def test_scripts_in_names_and_words_stay_text(browser, tmp_path):
    writer = served.written(tmp_path, 3, served.HOSTILE.replace('"', ""))
    append(writer.folder, Comment(served.HOSTILE, "r1c1"), "<img src=x onerror=stolen=1>")
    with served.serving(writer.folder) as server:
        tab = rating(browser, server, "<img src=x onerror=stolen=1>")
        for path in ("", "candidate/r1c1", "rate/best-worst"):
            tab.open(server.address.partition("?")[0] + path)
            tab.until("document.querySelector('details.candidate, #player video')")
            tab.js("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
            time.sleep(0.5)
            assert tab.js("typeof window.stolen") == "undefined"
            assert tab.js("document.querySelectorAll('main img').length") == 0
        assert tab.problems() == []
        tab.close()
    writer.close()


@pytest.mark.long
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_is_wider_than_the_screen(browser, server, width):
    tab = rating(browser, server)
    for path in ("", "rate", "rate/best-worst", "candidate/r1c1"):
        tab.size(width, 800)
        tab.open(server.address.partition("?")[0] + path)
        tab.until("document.querySelector('details.candidate, #player video')")
        assert tab.js("document.documentElement.scrollWidth") <= width, path
        assert tab.js(UNNAMED) == []
    tab.close()


def test_what_was_sent_by_mistake_is_taken_back_at_once_and_later_in_the_overview(browser, server, writer):
    append(writer.folder, Comment("not yours"), "Bob")
    heard = append(writer.folder, Comment("long ago"), "Ada")
    writer.append(Heard(1, lines=(heard.id,)))
    tab = browser.tab()
    tab.open(server.address)
    tab.until("document.querySelectorAll('.said li').length === 2")
    tab.js("document.getElementById('words').focus()")
    tab.type("use the handle")
    tab.click("form.comment button.primary")
    tab.name("Ada")
    tab.until("document.querySelectorAll('.said li').length === 3")
    tab.click("form.comment .take-back")
    tab.until("document.querySelector('form.comment').innerText.includes('Taken back: the comment on the run')")
    assert tab.js("document.getElementById('words').value") == "use the handle"
    assert len(votes(writer.folder, "Ada")) == 1
    tab.click("form.comment button.primary")
    tab.until("document.querySelectorAll('.said li').length === 3")
    tab.open(server.address.partition("?")[0])
    tab.until("document.querySelectorAll('.said li').length === 3")
    shown = "Array.from(document.querySelectorAll('.said .take-back:not([hidden])'), (e) => e.dataset.of)"
    assert tab.js(shown) == [read(writer.folder)[-1].id]  # neither Bob's nor what the run has heard
    assert "heard after round 1" in tab.text()
    tab.click(".said .take-back:not([hidden])")
    tab.until("document.querySelectorAll('.said li').length === 2")
    assert [each.said.text for each in votes(writer.folder)] == ["not yours", "long ago"]
    assert tab.problems() == []
    tab.close()


@pytest.mark.long
def test_who_has_judged_every_pair_is_told_so_and_who_is_done_for_whom_the_run_waits(browser, tmp_path):
    writer = served.written(tmp_path, 2, human="wait")
    writer.append(AwaitsPeople("round 1"))
    append(writer.folder, Comment("slower"), "Bob")
    with served.serving(writer.folder) as server:
        tab = rating(browser, server)
        tab.until("document.getElementById('enough').innerText.startsWith('2 pairs left')")
        assert "2 of 2 policies not judged by anybody yet" in tab.text()
        for count, key in enumerate("12", 1):
            tab.until(READY)
            tab.press(key)
            tab.until(f"document.body.innerText.includes('You judged {count} time')")
        tab.until("document.getElementById('nothing').innerText.startsWith('You have judged every pair.')")
        assert "every policy has been judged" in tab.text()
        tab.click("#done")
        tab.until("document.getElementById('then').innerText === 'Thanks. The run waits for Bob.'")
        tab.open(server.address.partition("?")[0])
        tab.until("document.querySelector('.waiting').innerText.includes('The run waits for Bob')")
        tab.click("button.done")
        tab.until("document.querySelector('.waiting [role=status]').innerText === 'Thanks. The run waits for Bob.'")
        assert tab.problems() == []
        tab.close()
    writer.close()


@pytest.mark.long
def test_a_training_too_short_for_a_curve_says_so_and_draws_once_it_is_longer(browser, tmp_path):
    writer = served.written(tmp_path, 2)
    curves = writer.folder / "candidates/r1c2/s0/curves.csv"
    whole = curves.read_text()
    curves.write_text("".join(whole.splitlines(keepends=True)[:2]))
    with served.serving(writer.folder) as server:
        tab = browser.tab()
        tab.open(server.address)
        tab.until("document.querySelectorAll('details.candidate').length === 2")
        tab.js("document.querySelector('[data-part=r1c2] details').open = true")
        tab.until("document.querySelectorAll('[data-part=r1c2] .chart .note').length === 3")
        assert "too short for a curve: it recorded one point" in tab.text()
        assert tab.js("document.querySelectorAll('[data-part=r1c2] canvas').length") == 0
        curves.write_text(whole)
        tab.until("document.querySelectorAll('[data-part=r1c2] .chart canvas').length === 3")
        assert "too short" not in tab.text()
        assert tab.problems() == []
        tab.close()
    writer.close()


@contextmanager
def command(folder):
    """The command itself, as a process; gives it and the address it printed."""
    words = [sys.executable, "-m", "text2reward", "serve", str(folder), "--no-films"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        yield process, re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", line)[0]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.long
def test_a_server_killed_in_mid_vote_leaves_whole_lines_and_the_page_says_so(browser, writer):
    thanked, over = [], threading.Event()

    def rate(root, cookies, rater):
        with httpx.Client(base_url=root, cookies=cookies, timeout=10, verify=False) as client:
            while not over.is_set():
                try:
                    pair = client.post("/api/next", json={"rater": rater, "mode": "pair"}).json()
                    body = {"rater": rater, "id": pair["id"], "choice": "left", "text": "x" * 5000}
                    thanked.append(client.post("/api/vote", json=body).json()["thanks"])
                except (httpx.HTTPError, json.JSONDecodeError):
                    return

    with command(writer.folder) as (process, address):
        tab = browser.tab()
        tab.open(address)
        root = address.partition("?")[0]
        tab.open(f"{root}rate")
        tab.name("Ada")
        tab.until(READY)
        cookies = dict(httpx.get(address, verify=False).cookies)
        raters = [threading.Thread(target=rate, args=(root, cookies, f"rater {i}")) for i in range(8)]
        for each in raters:
            each.start()
        time.sleep(1.0)
        process.send_signal(signal.SIGKILL)
        over.set()
        for each in raters:
            each.join()
        tab.js("document.getElementById('words').value = 'not lost'")
        tab.press("1")
        tab.until("document.getElementById('gone').innerText.includes('does not answer')")
        assert tab.js("document.getElementById('words').value") == "not lost"
        tab.close()
    written = [each.id for each in read(writer.folder)]
    assert len(thanked) > 8
    assert set(thanked) <= set(written)
    append(writer.folder, Comment("after"), "Ada")
    lines = (writer.folder / "feedback.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [each.id for each in read(writer.folder)]


def test_the_command_prints_an_address_that_opens_and_stops_at_ctrl_c(writer):
    with command(writer.folder) as (process, address):
        assert httpx.get(address, follow_redirects=True, verify=False).status_code == 200
        said = "".join(process.stdout.readline() for _ in range(5))
        port = address.split(":")[2].partition("/")[0]
        assert f"ssh -N -L {port}:127.0.0.1:{port} " in said
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert not [each for each in read(writer.folder) if isinstance(each.said, PairVote)]
