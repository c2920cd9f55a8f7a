from __future__ import annotations

import json
from dataclasses import replace

import pytest

from text2reward.cli import main
from text2reward.errors import RecordError
from text2reward.record import ledger
from text2reward.record.events import Asked, Drafted, RunStarted, Success, Trained
from text2reward.record.price import ModelFacts, Price
from text2reward.record.question import key_of
from text2reward.record.reader import load
from text2reward.record.unanswered import unsure_in
from text2reward.record.writer import RecordWriter
from text2reward.web.report import render


def asked(about: str, tokens: tuple[int | None, int | None, int | None], cost: float | None, left_out=()) -> Asked:
    return Asked(f"key-{about}", about, "openai/x", tokens[0], tokens[1], cost, 1.5, tokens[2], tuple(left_out))


@pytest.fixture
def run(tmp_path):
    """Two candidates, one of them repaired and reviewed; the price of the second's draft is not known."""
    writer = RecordWriter.create(tmp_path, "x", {"target": 0.9}, {})
    facts = ModelFacts(Price(10.0, 100.0, 1.0, "a test"))
    writer.append(RunStarted("x", "toy/reach", "Move.", "openai/x", "text2reward run", facts=facts))
    writer.append(asked("r1c1", (100, 20, 60), 0.01))
    writer.append(Drafted("r1c1", 1, None, "openai/x", None, exchange="key-r1c1"))
    writer.append(asked("r1c1.1", (200, 30, 0), 0.02))
    writer.append(Drafted("r1c1.1", 1, "r1c1", "openai/x", None, exchange="key-r1c1.1"))
    writer.append(asked("r1c1.1.review", (50, 5, None), 0.001, ["the example of toy/far"]))
    writer.append(asked("r1c2", (None, None, None), None))
    writer.append(Drafted("r1c2", 1, None, "openai/x", None, exchange="key-r1c2"))
    select = Success(3, 30, 0.05, 0.2, 3)
    for steps, seconds in ((500, 4.0), (1000, 9.0)):  # the second tells the whole training again
        writer.append(
            Trained("r1c2", "r1c2/s0", "candidates/r1c2/s0", "steps", "last", steps, steps, select, 3, seconds)
        )
    writer.append(asked("r1c2.analysis", (70, 7, None), 0.003))
    writer.close()
    return load(writer.folder)


def test_opinions_are_rows_of_their_own(run):
    writer = RecordWriter(run.folder)
    writer.append(asked("opinion.r1c1-r1c2.77", (9000, 40, None), 0.05))
    writer.append(asked("opinion.r1c1-r1c2.77.again", (9100, 40, None), 0.05))
    writer.close()
    found = ledger.rows(load(run.folder))[-2:]
    assert [(row.candidate, row.what, row.tokens_in) for row in found] == [
        ("r1c1-r1c2", "opinion", 9000),
        ("r1c1-r1c2", "opinion", 9100),
    ]


def test_what_may_have_to_be_paid_for_without_an_answer_is_unknown_and_told(run, capsys):
    writer = RecordWriter(run.folder)
    writer.append(replace(asked("r2c1", (90, 9, None), 0.01), unsure=1))
    writer.close()
    (run.folder / "llm").mkdir()
    failed = {"model": "openai/x", "sampling": {}, "about": "r2c2.review", "messages": [], "failure": {"unsure": 3}}
    key = key_of(failed)
    (run.folder / "llm" / f"{key}.failed.json").write_text(json.dumps(failed))
    *_, answered, silent = ledger.rows(load(run.folder))
    assert (answered.candidate, answered.cost_usd, answered.unsure) == ("r2c1", 0.01, 1)
    assert (silent.candidate, silent.what, silent.cost_usd, silent.tokens_in) == ("r2c2", "review", None, None)
    assert main(["show", str(run.folder), "--ledger"]) == 0
    told = capsys.readouterr().out
    assert "1 request for the program of r2c1 may have been answered and be paid for as well" in told
    assert "3 requests for the review of r2c2 may have been answered and be paid for as well" in told
    (run.folder / "llm" / f"{key}.json").write_text("{}")  # answered later, with what it took before
    assert ledger.rows(load(run.folder))[-1].candidate == "r2c1"


DAMAGED = {
    "torn": lambda text: text[:40],
    "nested": lambda text: "[" * 100_000,
    "no text": lambda text: "\udcff",
    "another question": lambda text: text.replace("Move.", "Stay."),
    "less than nothing": lambda text: text.replace('"unsure": 3', '"unsure": -3'),
    "no number": lambda text: text.replace('"unsure": 3', '"unsure": "three"'),
    "no failure": lambda text: text.replace('"failure"', '"fault"'),
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_of_a_question_without_an_answer_does_not_count_as_nothing(run, damage):
    messages = [{"role": "user", "content": "Move."}]
    failed = {"model": "m", "sampling": {}, "about": "r1c1", "messages": messages, "failure": {"unsure": 3}}
    path = run.folder / "llm" / f"{key_of(failed)}.failed.json"
    path.parent.mkdir()
    assert unsure_in(path) == 0
    path.write_text(json.dumps(failed))
    assert unsure_in(path) == 3
    path.write_text(damage(json.dumps(failed)), errors="surrogateescape")
    for count in (lambda: ledger.rows(run), lambda: unsure_in(path)):
        with pytest.raises(RecordError, match=r"Cannot read .*\.failed\.json.* Restore it from a copy, or delete it"):
            count()


def test_every_call_and_training_is_a_row_and_rows_add_up(run):
    found = ledger.rows(run)
    assert [(row.candidate, row.what) for row in found] == [
        ("r1c1", "program"),
        ("r1c1.1", "program"),
        ("r1c1.1", "review"),
        ("r1c2", "program"),
        ("r1c2", "analysis"),
        ("r1c2", "training s0"),
    ]
    assert (found[-1].sim_steps, found[-1].seconds) == (1000, 9.0)
    first, second, third = ledger.by_candidate(found)
    assert (first.tokens_in, first.tokens_out, first.tokens_cached, first.cost_usd) == (100, 20, 60, 0.01)
    assert (second.tokens_in, second.cost_usd, second.seconds) == (250, pytest.approx(0.021), 3.0)
    assert (third.tokens_in, third.cost_usd, third.sim_steps) == (70, None, 1000)  # unknown, never nothing
    total = ledger.added_up("total", found)
    assert (total.tokens_in, total.tokens_out, total.cost_usd) == (420, 62, None)
    assert total.unknown == ("tokens_in", "tokens_out", "tokens_cached")
    assert run.tokens == (total.tokens_in, total.tokens_out)


def test_the_ledger_is_shown_as_a_table_and_as_json(run, capsys):
    assert main(["show", str(run.folder), "--ledger"]) == 0
    table = capsys.readouterr().out
    lines = {tuple(line.split()) for line in table.splitlines()}
    assert ("r1c1", "program", "100", "60", "20", "$0.0100", "1.5") in lines
    assert ("r1c1.1", "250", "0+?", "35", "$0.0210", "3.0", "0") in lines
    assert ("r1c2", "program", "?", "?", "?", "unknown", "1.5") in lines
    assert ("r1c2", "training", "s0", "9.0", "1,000") in lines
    assert ("total", "420+?", "60+?", "62+?", "unknown", "16.5", "1,000") in lines
    assert "left out of the review prompt for r1c1.1: the example of toy/far" in table

    assert main(["show", str(run.folder), "--ledger", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert len(data["rows"]) == 6
    assert data["rows"][0]["cost_usd"] == 0.01
    assert data["candidates"][2]["cost_usd"] == data["total"]["cost_usd"] == "unknown"
    assert main(["show", str(run.folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["exit_reason"] == "unfinished"
    assert main(["show", str(run.folder), "--ledger", "--candidate", "r1c1"]) == 2


def test_the_report_has_the_ledger_with_its_prices(run):
    html = render(run)
    assert "What it took" in html
    assert "$10 for a million tokens in, $1 where they are cached, and $100 out (a test)" in html
    assert '<td>r1c2</td><td>program</td><td class="number">?</td>' in html
    assert "left out of the review prompt for r1c1.1" in html
