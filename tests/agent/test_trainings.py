from __future__ import annotations

import itertools
import json

import pytest
import toy
from protocol_server import answer, serving

from text2reward.agent import patience
from text2reward.agent.config import config_for
from text2reward.agent.run import RunInterrupted, resume, start
from text2reward.record.events import Diagnosed, Heat, Trained
from text2reward.terminal.plain import heat as in_words
from text2reward.training.workers import WorkerDied, Workers
from text2reward.web.report import render

PPO = {"n_envs": 8, "n_steps": 32, "batch_size": 64, "n_epochs": 5, "learning_rate": 3e-3}
QUICK = {"env": "toy:TASK", "steps": 4_096, "held_out": 20, "jobs": 2, "candidates": 4, "rounds": 1, "ppo": PPO}
FENCED = f"I reward being near.\n```python\n{toy.REACH}```"
BACKWARDS = FENCED.replace('"near": 1 -', '"near": -1 +').replace('"nearer": 5', '"nearer": -5')
NEVER = {"target": 1.0}
"""Nothing proves this, so every training goes as far as it is let."""


def config(halvings=0, seeds=1, **changes):
    stages = {
        "training": {"halvings": halvings},
        "selection": {"seeds": seeds},
        "screening": {"order": "off", "duplicates": 0.0},
        "reviewing": {"rounds": 0},
    }
    return config_for(None, {**QUICK, "stages": stages, **changes})


@pytest.fixture
def programs(monkeypatch):
    """A server whose model writes the given answers in turn."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setattr(patience, "FIRST_WAIT_S", 0.01)

    def serve(*answers):
        turn = itertools.cycle(answers)
        return serving(lambda body, number: answer(next(turn)))

    return serve


def heats(run):
    return [(len(heat.candidates), heat.seed, heat.sim_steps) for heat in run.events(Heat)]


def trained(run):
    return [(e.training, e.reason, e.sim_steps, e.solved) for e in run.events(Trained)]


def test_the_better_half_goes_on_and_its_training_is_the_one_it_would_have_been(tmp_path):
    halved = start(config(halvings=2, steps=8_192, **NEVER), tmp_path / "halved")
    whole = start(config(steps=8_192, **NEVER), tmp_path / "whole")
    assert heats(halved) == [(4, 0, 2_304), (2, 0, 3_840), (1, 0, 8_192)]  # checkpoints come every 768 steps
    assert heats(whole) == [(4, 0, 8_192)]
    first, second, third = halved.events(Heat)
    assert set(third.candidates) < set(second.candidates) < set(first.candidates)
    last = third.candidates[0]
    steps = [c.training.sim_steps for c in halved.candidates.values()]
    assert sorted(steps) == [2_304, 2_304, 3_840, 8_192]
    assert halved.candidates[last].curves == whole.candidates[last].curves
    assert halved.candidates[last].training.solved >= whole.candidates[last].training.solved  # an earlier heat's may do
    assert halved.candidates[last].training.reason == "steps"
    assert {c.training.reason for c in halved.candidates.values() if c.id != last} == {"heat"}
    assert not list(halved.folder.rglob("checkpoint.pt"))
    assert {event.candidate for event in halved.events(Diagnosed)} == set(halved.candidates)


def test_a_round_of_nothing_but_audits_is_trained_and_over(tmp_path, programs):
    with programs(FENCED, BACKWARDS) as server:
        settings = {"model": "openai/test", "base_url": server.url, "candidates": 1, "rounds": 2, **NEVER}
        screening = {"order": "published", "threshold": 0.8, "least": 1}
        run = start(
            config_for(None, {**QUICK, **settings, "stages": {"screening": screening}, "audit_screen": 1.0}), tmp_path
        )
    audited = [c for c in run.candidates.values() if c.audited]
    assert [c.draft.round for c in audited] == [2] * len(audited)
    assert audited
    assert all(c.training.reason == "steps" for c in audited)
    assert run.sim_steps == run.candidates["r1c1"].training.sim_steps


def test_who_goes_on_solved_more(tmp_path, programs):
    with programs(BACKWARDS, FENCED) as server:  # in whatever order the requests arrive
        settings = {"model": "openai/test", "base_url": server.url, "jobs": 1, **NEVER}
        run = start(config(halvings=1, **settings), tmp_path)
    first, second = run.events(Heat)
    good = {name for name in first.candidates if '"near": 1' in run.candidates[name].program}
    assert len(good) == 2
    assert set(second.candidates) == good
    assert run.best.id in good


def test_a_proof_ends_the_heats(tmp_path):
    run = start(config(halvings=1, steps=24_576, candidates=2), tmp_path)
    reasons = [event.reason for event in run.events(Trained)]
    assert "target" in reasons
    assert len(heats(run)) == 1
    assert run.finished.reason == "target"


@pytest.mark.parametrize("halvings", [0, 1, 2])
def test_heats_stay_within_the_budget(tmp_path, halvings):
    run = start(config(halvings=halvings, max_steps=10_000, rounds=9, **NEVER), tmp_path)
    spent = sum(event.sim_steps for c in run.candidates.values() for event in c.trainings)
    assert run.finished.reason == "budget"
    assert 10_000 - 2 * 410 < spent <= 10_000
    assert spent == run.sim_steps
    last = {heat.round: heat for heat in run.events(Heat)}
    assert all(heat.sim_steps == heat.most_steps for heat in last.values())  # each round was planned to its end
    assert trained(resume(run.folder)) == trained(run)


@pytest.mark.parametrize(
    ("after", "seeds", "halvings", "rounds"),
    [(5, 1, 2, 1), (6, 1, 2, 1), (4, 3, 0, 1), (4, 1, 1, 2)],
    ids=["in the second heat", "in the last heat", "in a race", "in the second round"],
)
def test_a_run_stopped_among_its_heats_goes_on_to_the_same_result(tmp_path, after, seeds, halvings, rounds):
    many = {"candidates": 4 if halvings == 2 else 2, "rounds": rounds}
    settings = {"halvings": halvings, "seeds": seeds, "jobs": 1, **many, **NEVER}
    whole = start(config(**settings), tmp_path / "whole")
    count = itertools.count(1)

    def stop(event):
        if isinstance(event, Trained) and next(count) == after:
            raise KeyboardInterrupt

    with pytest.raises(RunInterrupted) as interrupt:
        start(config(**settings), tmp_path / "cut", stop)
    again = resume(interrupt.value.run.folder)
    assert trained(again) == trained(whole)
    assert heats(again) == heats(whole)
    assert any(seed for _, seed, _ in heats(whole)) == (seeds > 1)
    assert again.held_out == whole.held_out
    told = {event.candidate: event for event in again.events(Diagnosed)}
    assert told == {event.candidate: event for event in whole.events(Diagnosed)}


def test_two_that_cannot_be_told_apart_are_trained_with_another_seed(tmp_path, programs):
    other = FENCED.replace("5 *", "4 *")
    assert other != FENCED
    with programs(FENCED, other) as server:
        settings = {"model": "openai/test", "base_url": server.url, "candidates": 2, **NEVER}
        run = start(config(seeds=3, **settings), tmp_path)
    assert [seed for _, seed, _ in heats(run)][:2] == [0, 1]
    assert all(len(c.trainings) >= 2 for c in run.candidates.values())
    for candidate in run.candidates.values():
        first, second = candidate.trainings[:2]
        assert (first.training, second.training) == (f"{candidate.id}/s0", f"{candidate.id}/s1")
        assert first.sim_steps == second.sim_steps
        assert candidate.curves_of(first) != candidate.curves_of(second)  # a seed of its own
        assert candidate.training.solved == max(event.solved for event in candidate.trainings)
        assert candidate.policy_path.is_file()
    pooled = {c.id: sum(event.solved for event in c.trainings) for c in run.candidates.values()}
    assert pooled[run.best.id] == max(pooled.values())
    assert trained(resume(run.folder)) == trained(run)


def test_no_seed_is_spent_where_one_is_clearly_better(tmp_path, programs):
    with programs(FENCED, BACKWARDS) as server:
        settings = {"model": "openai/test", "base_url": server.url, "candidates": 2, **NEVER}
        run = start(config(seeds=3, **settings), tmp_path)
    assert heats(run) == [(2, 0, 4_096)]


def test_no_seed_is_spent_where_nothing_was_solved_or_the_budget_has_no_room(tmp_path, programs):
    with programs(BACKWARDS, BACKWARDS.replace("-5", "-4")) as server:
        settings = {"model": "openai/test", "base_url": server.url, "candidates": 2, "steps": 2_048, **NEVER}
        run = start(config(seeds=2, **settings), tmp_path / "nothing")
    assert all(c.training.solved == 0 for c in run.candidates.values())
    assert len(heats(run)) == 1
    with programs(FENCED, FENCED.replace("5 *", "4 *")) as server:
        settings = {"model": "openai/test", "base_url": server.url, "candidates": 2, "max_steps": 10_000, **NEVER}
        run = start(config(seeds=2, **settings), tmp_path / "no room")
    assert len(heats(run)) == 1


def test_a_collapsed_round_restarts_from_the_best_of_all(tmp_path, programs):
    with programs(FENCED, BACKWARDS, BACKWARDS) as server:
        settings = {"model": "openai/test", "base_url": server.url, "candidates": 1, "rounds": 3, **NEVER}
        run = start(config(**settings), tmp_path)
    assert run.best.id == "r1c1"
    assert [run.candidates[name].draft.parent for name in ("r2c1", "r3c1")] == ["r1c1", "r1c1"]


def test_those_that_failed_take_no_place_in_the_better_half(tmp_path, programs, monkeypatch):
    failing(monkeypatch, heat=0, names={"r1c1", "r1c2"})
    run = start(config(halvings=1, **NEVER), tmp_path)
    assert [heat.candidates for heat in run.events(Heat)] == [("r1c1", "r1c2", "r1c3", "r1c4"), ("r1c3", "r1c4")]
    assert run.candidates["r1c1"].failure == "trainer-died"


def test_what_a_heat_was_worth_stays_when_the_next_one_fails(tmp_path, monkeypatch):
    failing(monkeypatch, heat=1, names={"r1c1", "r1c2"})
    run = start(config(halvings=1, candidates=2, **NEVER), tmp_path)
    first = next(run.events(Heat))
    failed = [c for c in run.candidates.values() if c.training.reason == "failed"]
    assert len(failed) == 1
    assert failed[0].success is not None
    assert failed[0].training.sim_steps >= first.sim_steps
    assert "trainer-died" in [finding.name for finding in failed[0].findings]
    assert run.held_out is not None
    assert "what it had learned before counts" in render(run)


def failing(monkeypatch, heat: int, names: set[str]) -> None:
    """Have the trainers of these candidates die in a heat."""
    real = Workers.train

    def train(self, program, settings, seed, path, folder, told, builtin=False):
        begun = (folder / "checkpoint.pt").exists()
        if folder.parent.name in names and begun == bool(heat):
            raise WorkerDied("the process ended with signal 9", killed=True)
        return real(self, program, settings, seed, path, folder, told, builtin)

    monkeypatch.setattr(Workers, "train", train)


def test_the_incumbents_patience_holds_in_heats(tmp_path):
    stages = {"training": {"halvings": 1, "patience": 1.0}}
    run = start(config_for(None, {**QUICK, "steps": 24_576, "candidates": 2, "rounds": 2, "stages": stages}), tmp_path)
    best = run.chosen_of(c for c in run.candidates.values() if c.draft.round == 1)
    assert best.training.reason == "target"
    assert all(
        c.training.sim_steps <= best.training.sim_steps + 256 for c in run.candidates.values() if c.draft.round == 2
    )


def test_a_record_from_before_heats_goes_on(tmp_path):
    whole = start(config(candidates=2, rounds=2, **NEVER), tmp_path)
    lines = (whole.folder / "events.jsonl").read_text().splitlines(keepends=True)
    ends = next(i for i, line in enumerate(lines) if '"round-finished"' in line)
    old = [line for line in lines[: ends - 1] if '"event": "heat"' not in line]
    (whole.folder / "events.jsonl").write_text("".join(old))
    settings = json.loads((whole.folder / "config.json").read_text())
    del settings["stages"]["training"]["halvings"], settings["stages"]["selection"]["seeds"]
    (whole.folder / "config.json").write_text(json.dumps(settings))
    again = resume(whole.folder)
    assert sorted(e[:2] for e in trained(again)) == sorted(e[:2] for e in trained(whole))
    assert len(heats(again)) == 2


def test_heats_in_words():
    assert in_words(Heat(1, 0, ("r1c1", "r1c2"), 0, 100, 300)) == "training to 100 of 300 steps: r1c1, r1c2"
    assert in_words(Heat(1, 1, ("r1c1",), 0, 300, 300)) == "training on to 300 steps: r1c1"
    assert in_words(Heat(1, 2, ("r1c1",), 1, 300, 300)) == "too close to call; with another seed: r1c1"
