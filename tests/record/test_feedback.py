"""What people say is on the disk, whole, whoever else is writing."""

from __future__ import annotations

import fcntl
import threading
import time

import pytest

from text2reward.errors import RecordError
from text2reward.record import lines
from text2reward.record.events import Heard
from text2reward.record.feedback import (
    DONE,
    FEEDBACK,
    BestWorst,
    Comment,
    Edit,
    Feedback,
    PairVote,
    Undo,
    append,
    read,
    standing,
)
from text2reward.record.reader import load
from text2reward.record.taking_back import heard_after, in_words, last_of, one_of, take_back
from text2reward.record.writer import RecordWriter

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
    real = lines.os.write

    def full(file, line):
        if len(line) > 20:
            return real(file, line[:20])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(lines.os, "write", full)
    with pytest.raises(RecordError, match="No space left"):
        append(tmp_path, SAID[2], "anna")
    monkeypatch.undo()
    assert (tmp_path / FEEDBACK).read_text() == first.to_line() + "\n"


def test_a_whole_last_line_that_an_editor_left_open_is_kept(tmp_path):
    first, second = append(tmp_path, SAID[0], "anna"), append(tmp_path, SAID[2], "ben")
    path = tmp_path / FEEDBACK
    path.write_text(path.read_text().rstrip("\n"))
    assert read(tmp_path) == [first, second]
    third = append(tmp_path, SAID[3], "anna")
    assert read(tmp_path) == [first, second, third]


def test_a_long_torn_line_costs_nothing_before_it(tmp_path):
    said = [append(tmp_path, Comment("x" * 10_000), "anna") for _ in range(8)]  # more than one block
    with (tmp_path / FEEDBACK).open("a") as file:
        file.write('{"schema": 1, "said": "' + "y" * 200_000)
    said.append(append(tmp_path, SAID[2], "anna"))
    assert read(tmp_path) == said


def test_a_file_that_is_replaced_while_somebody_waits_for_it_loses_nothing(tmp_path):
    path = tmp_path / FEEDBACK
    first = append(tmp_path, SAID[0], "anna")
    with path.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        waiting = threading.Thread(target=append, args=(tmp_path, SAID[2], "ben"))
        waiting.start()
        time.sleep(0.1)  # long enough to have opened the file that goes away
        fresh = tmp_path / "fresh"
        fresh.write_text(path.read_text())
        fresh.rename(path)
    waiting.join()
    assert [each.said for each in read(tmp_path)] == [first.said, SAID[2]]


def test_two_copies_put_together_count_each_vote_once(tmp_path):
    for each in SAID:
        append(tmp_path, each, "anna")
    path = tmp_path / FEEDBACK
    path.write_text(path.read_text() * 2)
    assert [each.said for each in read(tmp_path)] == SAID


def test_what_could_not_be_read_back_is_not_written(tmp_path):
    first = append(tmp_path, SAID[0], "anna")
    wrong = [
        PairVote("r1c1", "r1c2", 7, "banana"),
        PairVote("r1c1", "r1c2", "7", "left"),
        PairVote("r1c1", "r1c2", 7, "left", seconds=float("nan")),
        BestWorst(("r1c1", "r1c2"), 7.5, "r1c1", "r1c2"),
    ]
    for said in wrong:
        with pytest.raises(ValueError, match=r".+"):
            append(tmp_path, said, "anna")
    assert read(tmp_path) == [first]


@pytest.mark.parametrize(
    "text",
    [
        "plus lent\u00a0!",
        "もっと\u3000ゆっくり",
        "\U0001f469\u200d\U0001f52c looks fine",
        "آهسته\u200cتر",
        "tab\tand\nline",
    ],
)
def test_every_language_may_be_said(tmp_path, text):
    append(tmp_path, Comment(text), "山田\u3000太郎")
    assert read(tmp_path)[0].said.text == text


def test_line_breaks_of_a_form_become_plain(tmp_path):
    assert append(tmp_path, Comment("slower\r\nnear the handle"), "anna").said.text == "slower\nnear the handle"
    assert read(tmp_path)[0].said.text == "slower\nnear the handle"


def test_a_file_that_cannot_be_read_or_written_is_said(tmp_path):
    (tmp_path / FEEDBACK).mkdir()
    with pytest.raises(RecordError, match=r"Cannot read .*feedback.jsonl"):
        read(tmp_path)
    with pytest.raises(RecordError, match=r"Cannot write to .*Copy the run's folder"):
        append(tmp_path, SAID[2], "anna")


def test_thousands_of_votes_are_read_in_no_time(tmp_path):
    many = [Feedback(SAID[0], "anna").to_line() for _ in range(5_000)]
    (tmp_path / FEEDBACK).write_text("\n".join(many) + "\n")
    began = time.process_time()
    assert len(read(tmp_path)) == 5_000
    assert time.process_time() - began < 1.0


REFUSED = [
    (Comment("x" * 10_001), "anna", "at most 10,000"),
    (Comment("a\x1b[2Jb"), "anna", "control characters"),
    (Comment("fine"), " ", "name"),
    (Comment("fine"), "x" * 61, "name"),
    (Comment("fine", tags=("a",) * 21), "anna", "tags"),
    (Edit("r1c1", "x" * 40_000), "anna", "at most 32,768"),
    (BestWorst(("r1c1", "r1c2"), 1, "r1c1", "r1c1"), "anna", "two of those"),
    (BestWorst(("r1c1", "r1c2"), 1, "r1c1", "r1c9"), "anna", "two of those"),
    (BestWorst(("r1c1", "r1c2", "r1c2"), 1, "r1c1", "r1c2"), "anna", "different"),
    (PairVote("r1c1", "r1c1", 1, "left"), "anna", "two different"),
    (PairVote("x" * 10_000_000, "r1c1", 1, "left"), "anna", "at most 60"),
    (PairVote("r1c1", "r1c2", 1, "left", "x" * 10_000_000), "anna", "at most 10,000"),
    (Comment("fine", candidate="a\nb"), "anna", "control characters"),
    (Comment("abc\u202edef"), "anna", "control characters"),
    (Comment("a\rb"), "anna", "control characters"),
    (Comment("a\ud800b"), "anna", "control characters"),
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


def test_what_the_run_has_heard_cannot_be_taken_back(tmp_path):
    writer = RecordWriter.create(tmp_path, "reach", {}, {})
    folder = writer.folder
    comment, edit, vote = (append(folder, SAID[place], "anna") for place in (2, 3, 0))
    append(folder, Comment("mine"), "ben")
    writer.append(Heard(1, lines=(comment.id,)))
    writer.append(Heard(2, lines=(comment.id,)))
    writer.close()
    run = load(folder)
    assert heard_after(run) == {comment.id: 1}
    assert last_of(run, read(folder), "anna") == vote
    assert last_of(run, read(folder), "anna", (Edit,)) == edit
    for name in (vote.id, edit.id):
        assert one_of(run, read(folder), "anna", name).id == name
        take_back(run, one_of(run, read(folder), "anna", name))
    with pytest.raises(ValueError, match=r"Cannot be taken back: the comment on r1c1: .* heard it after round 1"):
        last_of(run, read(folder), "anna")
    for rater, name in (("anna", vote.id), ("ben", comment.id), ("anna", "unknown")):
        with pytest.raises(ValueError, match="nothing to take back"):
            one_of(run, read(folder), rater, name)
    assert [each.said for each in standing(read(folder))] == [SAID[2], Comment("mine")]


def test_what_is_taken_back_is_said_without_naming_the_films():
    assert [in_words(each) for each in SAID] == [
        'the answer that left is better: "slower near the handle" [fast]',
        "the answer that film 2 is best and film 3 worst",
        'the comment on r1c1: "the gripper hits the frame"',
        'the edit of r1c1: "less effort"',
    ]
    assert in_words(Comment("", tags=(DONE,))) == "the word that the round is done"
    assert in_words(Comment("x" * 300)) == f'the comment on the run: "{"x" * 200} …"'
    assert in_words(PairVote("a", "b", 1, "skip")) == "a pair that was skipped"
