from __future__ import annotations

import re
from html import unescape

import pytest

from text2reward.record.curves import CurvePoint, to_csv
from text2reward.record.events import (
    Checked,
    Drafted,
    Filmed,
    HeldOut,
    RunFinished,
    RunStarted,
    Success,
    Trained,
    Video,
)
from text2reward.record.finding import Finding
from text2reward.record.reader import load
from text2reward.record.terms import ABOUT_REST
from text2reward.record.writer import RecordWriter
from text2reward.web.report import render, write_report

HOSTILE = "<script>alert('x')</script>"


@pytest.fixture
def writer(tmp_path):
    opened = RecordWriter.create(tmp_path, "x", {"target": 0.9, "note": HOSTILE}, {"python": "3.11"})
    opened.append(RunStarted("run", "toy/reach", f"Reach {HOSTILE}", "openai/x", f"text2reward run {HOSTILE}"))
    yield opened
    opened.close()


def candidate(writer, name: str, parent: str | None, k: int | None, program: str, term: str = "near") -> None:
    path = writer.write(f"candidates/{name}/reward.py", program)
    writer.append(Drafted(name, 1, parent, "openai/x", path, (), f"note {HOSTILE}", "key"))
    writer.append(Checked(name, (Finding("constant-term", f"term {HOSTILE}", 2, "warning"),)))
    select = None if k is None else Success(k, 30, k / 30 - 0.05, k / 30 + 0.02, k)
    failed = (Finding("not-finite", "nan"),) if k is None else ()
    folder = f"candidates/{name}/s0"
    curve = [CurvePoint(1000 * i, 5, i / 10, 2.0 * i, {term: 0.1 * i, "</script>": 0.0}, {}) for i in range(1, 5)]
    curve = [CurvePoint(p.sim_steps, p.episodes, p.success, p.own_return, p.terms, p.terms) for p in curve]
    writer.write(f"{folder}/curves.csv", to_csv(curve))
    reason = "failed" if k is None else "target"
    writer.append(Trained(name, f"{name}/s0", folder, reason, "last", 4000, 4000, select, k or 0, 61.0, failed))


def full(writer):
    writer.write(
        "llm/key.json", '{"messages": [{"role": "user", "content": "Ask <b>"}], "answer": {"text": "Say <i>"}}'
    )
    candidate(writer, "r1c1", None, 20, "def compute_reward(state, action, prev):\n    return {'a': 1}\n")
    candidate(writer, "r1c2", "r1c1", 29, "def compute_reward(state, action, prev):\n    return {'a': 2}\n")
    candidate(writer, "r1c3", None, None, f"# {HOSTILE}\n")
    writer.write("candidates/r1c2/s0/video/best.mp4", "film")
    writer.append(HeldOut("r1c2", Success(95, 100, 0.888, 0.978, 90)))
    writer.append(Filmed("r1c2", (Video("candidates/r1c2/s0/video/best.mp4", "best", True),)))
    writer.append(RunFinished("target", "r1c2", 125.0))
    return load(writer.folder)


def test_the_report_tells_the_run(writer):
    html = render(full(writer))
    for text in (
        "Solved: the policy of r1c2 succeeds in 95% [89%–98%] of 100 held-out episodes (target 90%; the interval "
        "reaches below it)",
        "97% [92%–99%]",
        "90 of 100",
        "not-finite",
        "best episode: solved",
        "data:video/mp4;base64,ZmlsbQ==",
        "Difference to r1c1",
        "Ask &lt;b&gt;",
        "Say &lt;i&gt;",
        "2 min 5 s",
        "python",
    ):
        assert text in html, text
    assert re.search(r'class="added">\+    return', html)


def test_nothing_a_model_or_person_wrote_becomes_markup(writer):
    html = render(full(writer))
    assert HOSTILE not in html
    assert html.count("<script") == 3  # the charts' data, the chart library, the page's own
    assert html.count("</script>") == 3


def test_the_report_opens_without_a_network(writer):
    html = render(full(writer))
    assert not re.findall(r'(?:src|href)="(?!data:|#)', html)
    assert "default-src 'none'" in html
    assert "@import" not in html


def test_a_rest_is_explained_below_the_curves(writer):
    candidate(writer, "r1c1", None, 20, "def compute_reward(state, action, prev):\n    return {'a': 1}\n")
    assert ABOUT_REST not in unescape(render(load(writer.folder)))
    candidate(writer, "r1c2", None, 20, "def compute_reward(actions):\n    return actions, {}\n", term="rest")
    assert unescape(render(load(writer.folder))).count(ABOUT_REST) == 1


def test_a_candidate_that_was_not_trained_yet_is_shown_so(writer):
    writer.append(Drafted("r1c1", 1, None, "x", None))
    assert "to be trained" in render(load(writer.folder))


def test_an_unfinished_run_has_a_report_too(writer):
    html = render(load(writer.folder))
    assert "Not finished: no policy yet." in html
    candidate(writer, "r1c1", None, 20, "x = 1\n")
    assert "Not finished: the best policy so far, r1c1&#39;s, succeeds in 67%" in render(load(writer.folder))


def test_a_missing_video_and_a_missing_exchange_do_no_harm(writer):
    run = full(writer)
    (run.folder / "candidates/r1c2/s0/video/best.mp4").unlink()
    (run.folder / "llm/key.json").unlink()
    path = write_report(load(run.folder))
    assert "best episode" in path.read_text()
