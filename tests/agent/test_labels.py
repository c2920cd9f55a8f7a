"""People's votes as labels of filmed episodes, and programs that are tried on them before training."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from protocol_server import answer, serving
from test_people_loop import DONE, config
from test_people_loop import model as model
from voted import run_of

from text2reward.agent import rating_films as rating_films_module
from text2reward.agent.notices import Waiting
from text2reward.agent.people.hearing import hear
from text2reward.agent.people.labels import judged_pairs, preferred
from text2reward.agent.rating_films import rating_films
from text2reward.agent.run import resume, start
from text2reward.agent.screening import LEAST_PAIRS, against_people, people_feedback, weigh_people
from text2reward.record.entry import Entry
from text2reward.record.events import Heard, Preferred, Screened
from text2reward.record.feedback import BestWorst, Feedback, PairVote, Undo, append
from text2reward.record.reader import load
from text2reward.terminal.plain import screened
from text2reward.training.trajectories import Trajectories, load_trajectories
from text2reward.web.report import render

ALONG_X = """
def compute_reward(state, action, prev):
    return {"side": WEIGHT * state.robot.ee_pos[:, 0]}
"""
FENCED = f"I reward x.\n```python\n{ALONG_X}```"


@pytest.fixture
def run(tmp_path):
    return run_of(tmp_path, {"r1c1": 28, "r1c2": 26, "r1c3": 3})


def vote(left, right, choice="left", rater="anna", seed=7) -> Feedback:
    return Feedback(PairVote(left, right, seed, choice), rater)


def found(run, *said):
    return [(each.better, each.worse, each.seed, each.weight) for each in preferred(said, run, run.candidates)]


def test_a_vote_labels_the_pair_whichever_side_it_was_on(run):
    (label,) = preferred([vote("r1c2", "r1c1", "right")], run, run.candidates)
    assert label == Preferred(
        "r1c1", "r1c2", 7, 1.0, "candidates/r1c1/s0/rating/7.npz", "candidates/r1c2/s0/rating/7.npz"
    )


def test_ties_are_left_out_and_who_says_it_twice_counts_once(run):
    twice = [vote("r1c1", "r1c2"), vote("r1c2", "r1c1", "right")]
    assert found(run, *twice) == [("r1c1", "r1c2", 7, 1.0)]
    assert found(run, *twice, vote("r1c1", "r1c2", "right", "ben")) == []  # one against one
    assert found(run, *twice, vote("r1c1", "r1c2", "same", "ben")) == [("r1c1", "r1c2", 7, 1.0)]
    assert found(run, vote("r1c1", "r1c2"), vote("r1c1", "r1c2", "right")) == []  # at odds with oneself
    assert found(run, vote("r1c1", "r1c2", "skip"), vote("r1c1", "r1c3", "neither")) == []
    for number, choice in enumerate(["left", "left", "right"]):
        twice.append(vote("r1c1", "r1c3", choice, str(number)))
    assert found(run, *twice) == [("r1c1", "r1c2", 7, 1.0), ("r1c1", "r1c3", 7, 0.3333)]


def test_an_episode_stays_the_one_that_was_watched(run):
    heard = hear(run, [vote("r1c1", "r1c2")], 1)
    (first,) = heard.labels
    elsewhere = dataclasses.replace(first, better_episode="candidates/r1c1/s9/rating/7.npz")
    told = dataclasses.replace(heard, labels=(elsewhere,))
    with (run.folder / "events.jsonl").open("a") as record:
        record.write(Entry(told).to_line() + "\n")
    again = load(run.folder)
    (label,) = preferred([vote("r1c1", "r1c2")], again, again.candidates)
    assert label == elsewhere
    (other,) = preferred([vote("r1c1", "r1c3", seed=8)], again, again.candidates)
    assert other.better_episode == "candidates/r1c1/s0/rating/8.npz"


def test_a_ranking_labels_pairs_and_what_was_taken_back_none(run):
    ranking = Feedback(BestWorst(("r1c1", "r1c2", "r1c3"), 9, "r1c3", "r1c1"), "anna")
    assert found(run, ranking) == [("r1c2", "r1c1", 9, 1.0), ("r1c3", "r1c1", 9, 1.0), ("r1c3", "r1c2", 9, 1.0)]
    assert found(run, ranking, Feedback(Undo(ranking.id), "anna")) == []
    assert found(run, vote("r1c1", "r9c9"), vote("r1c1", "../../x")) == []


def test_labels_stand_in_the_record_from_when_they_were_heard(run):
    heard = hear(run, [vote("r1c1", "r1c2")], 1)
    assert [each.better for each in heard.labels] == ["r1c1"]
    assert Entry.from_line(Entry(heard).to_line()).event == heard
    old = Entry(Heard(1)).to_line().replace(', "labels": []', "")
    assert "labels" not in old
    assert Entry.from_line(old).event == Heard(1)
    old = Entry(Screened("r1c1", "pass", 3, 4)).to_line().replace(', "people": null', "")
    assert "people" not in old
    assert Entry.from_line(old).event == Screened("r1c1", "pass", 3, 4)


def episode(x: float, solved: bool = False) -> Trajectories:
    """Of three steps in which the hand stands at ``x``."""
    state = np.full((1, 4, 6), x, dtype=np.float32)
    return Trajectories(state, np.zeros((1, 3, 3), np.float32), np.full((1, 3), solved), ("filmed",))


def label(better: str, worse: str, weight: float = 1.0) -> Preferred:
    return Preferred(better, worse, 7, weight, f"{better}.npz", f"{worse}.npz")


def test_what_is_missing_is_counted_and_success_comes_first(tmp_path):
    for name, (x, solved) in {"a": (1, False), "b": (2, True), "c": (3, True)}.items():
        episode(x, solved).save(tmp_path / f"{name}.npz")
    (tmp_path / "torn.npz").write_bytes(b"PK")
    Trajectories(*(each[:, :-1] for each in (episode(1).state, episode(1).action, episode(1).success)), ("x",)).save(
        tmp_path / "short.npz"
    )
    labels = [label("a", "b"), label("b", "a"), label("c", "b", 0.5)]
    labels += [label("a", name) for name in ("gone", "torn", "short")]
    pairs = judged_pairs(tmp_path, labels, episode(0))
    assert (pairs.missing, pairs.against_success) == (3, 1)
    x = pairs.episodes.state[:, 0, 0]
    assert [*x[pairs.better]] == [2, 3]
    assert [*x[pairs.worse]] == [1, 2]
    assert [*pairs.weight] == [1, 0.5]
    share = weigh_people(np.array([x[i] for i in range(len(x))]) * np.where(x == 3, -1, 1), pairs)
    assert (share.k, share.n, share.value, share.missing, share.against_success) == (1, 2, 0.6667, 3, 1)
    nothing = judged_pairs(tmp_path, labels[3:], episode(0))
    assert nothing.episodes is None
    assert weigh_people(np.empty(0), nothing).n == 0
    assert not against_people(weigh_people(np.empty(0), nothing), nothing)


def pairs_of(tmp_path, count: int, weight: float = 1.0):
    for i in range(count + 1):
        episode(i).save(tmp_path / f"{i}.npz")
    return judged_pairs(tmp_path, [label(str(i), str(i + 1), weight) for i in range(count)], episode(0))


@pytest.mark.parametrize(
    ("count", "weight", "held_back"),
    [(LEAST_PAIRS, 1.0, True), (LEAST_PAIRS - 1, 1.0, False), (LEAST_PAIRS, 0.9, False), (3 * LEAST_PAIRS, 0.5, True)],
)
def test_only_what_is_surely_wrong_on_enough_pairs_is_held_back(tmp_path, count, weight, held_back):
    judged = pairs_of(tmp_path, count, weight)
    terms = {"x": judged.episodes.state[:, :-1, 0]}
    wrong = weigh_people(terms["x"].sum(axis=1), judged)
    right = weigh_people(-terms["x"].sum(axis=1), judged)
    tied = weigh_people(0 * terms["x"].sum(axis=1), judged)
    assert (wrong.k, right.k, tied.k, tied.value) == (0, count, 0, 0.5)
    assert against_people(wrong, judged) == held_back
    assert not against_people(right, judged)
    assert not against_people(tied, judged)
    assert f"Of {count} pairs of filmed episodes that people judged, 0 are in the order" in people_feedback(
        wrong, judged, terms
    )


def mean_x(film) -> float:
    return float(load_trajectories(film.episode).state[..., 0].mean())


def rate_left(event) -> None:
    """Anna likes best what stays on the left, says so of all pairs of films, and is done."""
    if not isinstance(event, Waiting) or (event.round, event.films) == (1, "making"):
        return
    ready = rating_films(load(event.folder)).ready()
    names = sorted(ready) if event.round == 1 else []
    for at, one in enumerate(names):
        for other in names[at + 1 :]:
            for seed in sorted(ready[one].keys() & ready[other].keys()):
                left = mean_x(ready[one][seed]) < mean_x(ready[other][seed])
                append(event.folder, PairVote(one, other, seed, "left" if left else "right"), "anna")
    append(event.folder, DONE, "anna")


def test_a_program_that_orders_peoples_pairs_wrongly_is_not_trained(tmp_path, model, monkeypatch):
    monkeypatch.setattr(rating_films_module, "EPISODES", 1)
    sides = iter([0.2, -0.1, 0.4, -0.3, 0.1, 3, -3, 2, -2, -1])
    screening = {"duplicates": 0.0, "threshold": 0.0}  # whatever success says of a reward along x
    stages = {"screening": screening, "reviewing": {"rounds": 0}, "training": {"halvings": 0}}
    with serving(lambda body, number: answer(FENCED.replace("WEIGHT", str(next(sides))))) as server:
        asking = {"model": "openai/x", "base_url": server.url, "human": "wait", "candidates": 5, "repairs": 0}
        run = start(config(**asking, steps=512, stages=stages), tmp_path, rate_left)
    first, second = run.events(Heard)
    assert len(first.labels) == 10
    assert second.labels == first.labels
    assert [c.screen.people for name, c in run.candidates.items() if name.startswith("r1")] == [None] * 5
    for candidate in (c for name, c in run.candidates.items() if name.startswith("r2")):
        screen, pairs = candidate.screen, candidate.screen.people
        assert pairs.n + pairs.against_success == 10
        assert pairs.missing == 0
        assert f"people's pairs in order: {pairs.k} of {pairs.n}" in screened(screen)
        assert f"People's pairs in order: {pairs.k} of {pairs.n}" in render(run)
        if "-" in candidate.program:
            assert screen.ruling != "fail"
            assert pairs.k == pairs.n
            assert candidate.training is not None
        else:
            assert (screen.ruling, [each.name for each in screen.findings]) == ("fail", ["orders-people-wrongly"])
            assert (pairs.k, candidate.training) == (0, None)
            assert "- side: " in screen.preference
    assert run.screening.refused == 2
    assert resume(run.folder).finished
