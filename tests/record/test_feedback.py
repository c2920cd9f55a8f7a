"""What people say is on the disk, whole, whoever else is writing."""

from __future__ import annotations

import threading

import pytest

from text2reward.errors import RecordError
from text2reward.record import feedback
from text2reward.record.feedback import FEEDBACK, BestWorst, Comment, Edit, PairVote, Undo, append, read, standing

SAID = [
    PairVote("r1c1", "r1c2", 7, "left", "slower\nnear the handle", ("fast",), seconds=1.5),
    BestWorst(("r1c1", "r1c2", "r1c3"), 7, "r1c2", "r1c3"),
    Comment("the gripper hits the frame", "r1c1"),
    Edit("r1c1", "import torch\n", "less effort"),
]


def test_what_was_said_reads_back_the_same(tmp_path):
    written = [append(tmp_path, each, "anna") for each in SAID]
    assert read(tmp_path) == written
    assert [each.said for each in read(tmp_path)] == SAID
    assert len({each.id for each in written}) == len(SAID)


def test_what_a_rater_takes_back_does_not_stand_but_is_kept(tmp_path):
    mine, theirs = append(tmp_path, SAID[0], "anna"), append(tmp_path, SAID[2], "ben")
    append(tmp_path, Undo(mine.id), "ben")  # not his to take back
    assert standing(read(tmp_path)) == [mine, theirs]
    append(tmp_path, Undo(mine.id), "anna")
    assert standing(read(tmp_path)) == [theirs]
    assert len(read(tmp_path)) == 4


def test_many_raters_at_once_lose_nothing(tmp_path):
    def rate(rater: int) -> None:
        for number in range(20):
            append(tmp_path, Comment(f"{number} " + "x" * 2_000), f"rater {rater}")

    raters = [threading.Thread(target=rate, args=(number,)) for number in range(8)]
    for each in raters:
        each.start()
    for each in raters:
        each.join()
    said = read(tmp_path)
    assert len(said) == 160
    for rater in range(8):
        mine = [each.said.text.split()[0] for each in said if each.rater == f"rater {rater}"]
        assert mine == [str(number) for number in range(20)]


def test_a_torn_last_line_is_ignored_and_the_next_one_begins_a_line(tmp_path):
    first = append(tmp_path, SAID[0], "anna")
    with (tmp_path / FEEDBACK).open("a") as file:
        file.write('{"schema": 1, "kind": "comm')
    assert read(tmp_path) == [first]
    second = append(tmp_path, SAID[2], "anna")
    assert read(tmp_path) == [first, second]


def test_a_full_disk_is_said_and_leaves_nothing_half_written(tmp_path, monkeypatch):
    first = append(tmp_path, SAID[0], "anna")
    real = feedback.os.write

    def full(file, line):
        if len(line) > 20:
            return real(file, line[:20])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(feedback.os, "write", full)
    with pytest.raises(RecordError, match="No space left"):
        append(tmp_path, SAID[2], "anna")
    monkeypatch.undo()
    assert (tmp_path / FEEDBACK).read_text() == first.to_line() + "\n"


REFUSED = [
    (Comment("x" * 10_001), "anna", "at most 10,000"),
    (Comment("a\x1b[2Jb"), "anna", "control characters"),
    (Comment("fine"), " ", "name"),
    (Comment("fine"), "x" * 61, "name"),
    (Comment("fine", tags=("a",) * 21), "anna", "tags"),
    (Edit("r1c1", "x" * 40_000), "anna", "at most 32,768"),
    (BestWorst(("r1c1", "r1c2"), 1, "r1c1", "r1c1"), "anna", "two of those"),
    (BestWorst(("r1c1", "r1c2"), 1, "r1c1", "r1c9"), "anna", "two of those"),
]


@pytest.mark.parametrize(("said", "rater", "words"), REFUSED)
def test_what_nobody_may_say_is_refused_in_words(said, rater, words, tmp_path):
    with pytest.raises(ValueError, match=words):
        append(tmp_path, said, rater)
    assert not (tmp_path / FEEDBACK).exists()


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "[]",
        '{"schema": 2, "kind": "comment", "id": "a", "time": "b", "rater": "c", "said": {"text": "d"}}',
        '{"schema": 1, "kind": "novel", "id": "a", "time": "b", "rater": "c", "said": {"text": "d"}}',
        '{"schema": 1, "kind": "comment", "id": "a", "time": "b", "rater": "c", "said": {}}',
        '{"schema": 1, "kind": "pair", "id": "a", "time": "b", "rater": "c", "said": {"left": "x", "right": 3}}',
    ],
)
def test_a_line_edited_into_nonsense_is_told_by_its_number(tmp_path, line):
    append(tmp_path, SAID[0], "anna")
    with (tmp_path / FEEDBACK).open("a") as file:
        file.write(line + "\n")
    with pytest.raises(RecordError, match=r"Line 2 of .*feedback.jsonl is broken"):
        read(tmp_path)
