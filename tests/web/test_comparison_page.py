from __future__ import annotations

import re
from pathlib import Path

import pytest
import toy
from browser import Browser, needs_browser
from records import finished_run

from text2reward.agent.comparison import compare
from text2reward.web.comparison import render

HOSTILE = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    hostile = toy.REACH.replace("Reach.", f"Reach {HOSTILE}")
    one = finished_run(runs, solved=12)
    two = finished_run(runs, hostile, solved=20, judge=f"/x/{HOSTILE.replace('/', '')}", instruction=f"Go {HOSTILE}")
    three = finished_run(runs, toy.REACH.replace("goal", "gaol"), solved=20)
    expert = finished_run(runs, program=None, reward="expert")
    found = compare([str(run.folder) for run in (one, two, three, expert)], runs)
    return render(found.to_json())


def test_the_page_tells_what_was_found(page):
    for text in (
        "4 rewards for toy/reach, side by side",
        "60% [39%–78%]",
        "+40% [",
        "held-out, 20 pairs",
        "success was decided by different rules",
        "On 960 steps of 48 stored episodes, of the policies of A, B, C and D",
        "0.1 → 0.4",
        "A and B pay for the same, up to scale",
        "C fails its checks: line 6",
        "D is a baseline (expert reward)",
        "From A to B",
        "Newcombe (1998), paired data, method 10",
    ):
        assert text in page, text
    assert re.search(r'class="added">\+&#34;&#34;&#34;Reach', page)


def test_nothing_that_somebody_wrote_becomes_markup(page):
    assert HOSTILE not in page
    assert "<script>alert" not in page
    assert page.count("<script") == page.count("</script>") == 3


def test_the_page_opens_without_a_network(page):
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert "default-src 'none'" in page
    assert "@import" not in page


@needs_browser
def test_a_narrow_screen_shows_that_a_table_goes_on_and_its_bars_begin_in_line(page, tmp_path):
    (tmp_path / "page.html").write_text(page)
    browser = Browser()
    try:
        tab = browser.tab()
        tab.size(390, 1000)
        tab.open((tmp_path / "page.html").as_uri())
        assert tab.js("document.documentElement.scrollWidth") == 390
        wide = "[...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth)"
        assert tab.js(f"{wide}.length") >= 2
        assert tab.js(f"{wide}.every(e => getComputedStyle(e).backgroundAttachment.includes('local'))")
        bars = tab.js("[...document.querySelectorAll('.bar')].map(e => e.getBoundingClientRect().x)")
        assert len(bars) >= 4
        assert len(set(bars)) == 1
    finally:
        browser.close()


def test_sides_without_curves_programs_or_success_have_a_page_too(tmp_path):
    paths = [tmp_path / "one.py", tmp_path / "two.py"]
    for path in paths:
        path.write_text(toy.REACH)
    html = render(compare([str(path) for path in paths], Path("runs"), env="toy:TASK").to_json())
    assert "The programs are the same." in html
    assert "<h2>Success</h2>" not in html
    assert "<h2>Curves</h2>" not in html
