"""A search that is killed at any moment and resumed comes to what it would have come to, and nothing is paid twice."""

from __future__ import annotations

import pytest
from killing import Kill, Outcome, search
from sameness import complaints, differences, facts, lost_steps
from sweeps import ENDS_SESSIONS, at_random, in_turn, never_written
from whole_searches import QUICK, SEARCHES, WholeSearch

from text2reward.record.events import Resumed

IN_TURN = [
    ("model", "main", False),
    ("model", "main", True),
    ("people", "group", False),
    ("person", "main", False),
    ("metaworld", "group", False),
]
WORKERS = [
    ("model", Kill("trainer", "heat")),
    ("model", Kill("reward", "heat")),
    ("model", Kill("reward", "drafted")),
    ("model", Kill("servers", "heat", 2)),
    ("model", Kill("film", "round-finished")),
    ("metaworld", Kill("reward", "heat")),
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Searches that nobody kills, each made once."""
    known: dict[str, Outcome] = {}

    def made(name: str, asked: WholeSearch) -> Outcome:
        if name not in known:
            known[name] = search(asked, tmp_path_factory.mktemp(name) / "whole")
        return known[name]

    return made


def same(expected: Outcome, got: Outcome) -> None:
    assert got.kills
    assert got.missed == []
    assert complaints(expected, got) == []


def test_a_search_killed_in_every_way_comes_to_the_same(tmp_path, whole):
    """An answer was stored and not recorded; everything died in mid-training; then a trainer and a reward process."""
    expected = whole("quick", QUICK)
    kills = [
        Kill("main", "asked", before=True),
        Kill("group", "heat"),
        Kill("trainer", "heat"),
        Kill("reward", "trained"),
    ]
    got = search(QUICK, tmp_path / "killed", kills)
    same(expected, got)
    assert got.sessions == [-9, -9, expected.sessions[-1]]
    assert len(list(got.run.events(Resumed))) == 2


def test_what_differs_is_told(tmp_path, whole):
    """The comparison itself can fail: another seed, a figure, a file, a table."""
    expected = whole("quick", QUICK)
    one = facts(expected.run)
    assert differences(one, facts(expected.run)) == []
    (expected.folder / "candidates" / ".left.part").write_text("")
    try:
        assert differences(one, facts(expected.run)) == ["files: has candidates/.left.part"]
    finally:
        (expected.folder / "candidates" / ".left.part").unlink()
    other = {**one, "table": [*one["table"][:-1], "another line"], "trained": [*one["trained"], one["trained"][0]]}
    found = [line.partition(":")[0] for line in differences(one, other)]
    assert sorted(found) == ["table", "table", "trained"]


def test_a_training_that_goes_on_from_farther_back_than_its_checkpoint_is_told():
    assert list(lost_steps([1, 2, 3, 4, 5, 6], 1, 20)) == []
    assert list(lost_steps([1, 2, 3, 3, 4], 1, 20)) == []
    assert list(lost_steps([1, 2, 3, 4, 3, 4], 1, 20)) == []
    assert list(lost_steps([1, 2, 3, 1, 2], 1, 20)) == ["from 3 simulator steps back to 0, and checkpoints are 2 apart"]


@pytest.mark.long
def test_every_kind_of_event_is_written_by_one_of_the_searches(whole):
    assert never_written(whole(name, asked) for name, asked in SEARCHES.items()) == set()


@pytest.mark.long
@pytest.mark.parametrize(("name", "victim", "before"), IN_TURN)
def test_a_search_killed_at_every_kind_of_event_comes_to_the_same(tmp_path, whole, name, victim, before):
    """One run, killed and resumed at each kind of event in turn: when it was written, or just before."""
    expected = whole(name, SEARCHES[name])
    kills = in_turn(expected, victim, before)
    same(expected, search(SEARCHES[name], tmp_path / "killed", kills))


@pytest.mark.long
@pytest.mark.parametrize(("name", "kill"), WORKERS, ids=str)
def test_a_search_whose_workers_are_killed_goes_on_by_itself_to_the_same(tmp_path, whole, name, kill):
    expected = whole(name, SEARCHES[name])
    got = search(SEARCHES[name], tmp_path / "killed", [kill])
    same(expected, got)
    assert len(got.sessions) == 1


@pytest.mark.long
@pytest.mark.parametrize(("name", "seed"), [("model", 1), ("metaworld", 2)])
def test_a_search_killed_at_random_times_comes_to_the_same(tmp_path, whole, name, seed):
    expected = whole(name, SEARCHES[name])
    got = search(SEARCHES[name], tmp_path / "killed", at_random(expected, ENDS_SESSIONS[seed % 2], seed))
    same(expected, got)
