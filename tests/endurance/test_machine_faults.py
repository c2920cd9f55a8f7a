"""Simulators that break and machines that fail: the candidate gets a finding, the others go on, and all is said."""

from __future__ import annotations

import io
import json

import faulty
import numpy as np
import pytest
import toy
from rich.console import Console

from text2reward.agent.config import config_for
from text2reward.agent.run import resume, start
from text2reward.cli import main
from text2reward.envs import pulse
from text2reward.envs.simulator import Snapshot
from text2reward.errors import RenderError, RunStopped, SimulatorFault, UserError
from text2reward.record.events import Interrupted, RoundFinished, Trained
from text2reward.record.finding import MACHINE
from text2reward.record.reader import load
from text2reward.record.writer import EVENTS
from text2reward.sandbox.reward_process import RewardFault
from text2reward.terminal.live import LiveDisplay
from text2reward.terminal.plain import PlainDisplay
from text2reward.terminal.results import text
from text2reward.training.checked_simulator import CheckedSimulator
from text2reward.training.death import WorkerDied
from text2reward.training.workers import Workers

QUICK = {
    "steps": 1_024,
    "held_out": 10,
    "rounds": 1,
    "stages": {"training": {"halvings": 0}, "screening": {"order": "off", "duplicates": 0}},
    "ppo": {"n_envs": 8, "n_steps": 32, "batch_size": 64, "n_epochs": 2, "learning_rate": 3e-3},
}


@pytest.fixture(autouse=True)
def _no_films(monkeypatch):
    def film(*arguments):
        raise RenderError("No films here.")

    monkeypatch.setattr(Workers, "film", film)


def config(env: str, **changes):
    return config_for(None, {"env": env, **QUICK, **changes})


def displays():
    """Both displays, and what they were written to."""
    texts = io.StringIO(), io.StringIO()
    plain, live = PlainDisplay(texts[0]), LiveDisplay(Console(file=texts[1], width=200, force_terminal=False))

    def watch(event):
        plain(event)
        live(event)

    return watch, live, texts


def test_each_fault_is_a_finding_of_its_candidate_and_the_others_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(pulse, "SILENCE_S", 5.0)
    watch, live, texts = displays()
    run = start(config("faulty:SIX", candidates=6, jobs=3), tmp_path, watch)
    live.close()
    found = {event.candidate: event for event in run.events(Trained)}
    at_step = "in control step 40 of the training"
    said = {
        "r1c1": ("simulator-failed", f"The simulator returned NaN for goal.pos {at_step}"),
        "r1c2": ("simulator-failed", f"The environment fails {at_step}: ValueError: the arm has left the world"),
        "r1c3": ("trainer-died", "the trainer was ended by signal 11 (SIGSEGV) in crashes (faulty.py:"),
        "r1c4": ("out-of-memory", "the trainer ran out of memory"),
        "r1c5": ("no-sign-of-life", "the trainer gave no sign of life for 5 s and was stopped"),
    }
    for name, (kind, words) in said.items():
        (finding,) = found[name].findings
        assert (finding.name, finding.message[: len(words)]) == (kind, words)
        assert found[name].failed_by_machine
        assert run.candidates[name].failure == kind
    assert {kind for kind, _ in said.values()} == MACHINE
    assert found["r1c6"].select is not None
    assert run.best.id == "r1c6"
    assert run.finished.reason in ("rounds", "target")
    plain, drawn = (each.getvalue() for each in texts)
    assert "r1c4 failed, and its program is not to blame: the trainer ran out of memory [out-of-memory]" in plain
    assert plain.count("its program is not to blame") == 5
    assert all(f"failed: {kind}" in drawn for kind in MACHINE)


def test_where_nothing_can_be_trained_the_run_stops_and_resume_tries_the_same_trainings_again(tmp_path, capsys):
    settings = config("faulty:NAN", candidates=2, jobs=2).to_json()
    (tmp_path / "config.json").write_text(json.dumps(settings))
    words = ["--config", str(tmp_path / "config.json"), "--runs-dir", str(tmp_path / "runs"), "--display", "plain"]
    assert main(["run", *words]) == 2
    (folder,) = (tmp_path / "runs").iterdir()
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(
        "text2reward: All 2 trainings failed, and not for what the programs say. r1c1: The simulator"
    )
    assert "`text2reward envs check faulty:NAN` tries it" in last
    assert last.endswith(f"Then go on with: text2reward resume {folder}")
    stopped = load(folder)
    assert stopped.status == "interrupted"
    assert not [*stopped.events(RoundFinished)]
    with pytest.raises(RunStopped, match="All 2 trainings failed"):
        resume(folder)
    (tmp_path / "runs" / "mended").write_text("")
    run = resume(folder)
    assert run.finished.reason in ("rounds", "target")
    assert [c.success is not None for c in run.candidates.values()] == [True, True]
    assert [c.program for c in run.candidates.values()] == [c.program for c in stopped.candidates.values()]
    assert len([*run.events(Interrupted)]) == 2


def test_what_the_machine_did_to_one_training_stays_done_when_the_run_is_killed_and_goes_on(tmp_path):
    whole = start(config("faulty:ONE", candidates=2, jobs=1), tmp_path)
    lines = (whole.folder / EVENTS).read_text().splitlines(keepends=True)
    assert whole.candidates["r1c1"].failed_by_machine
    (tmp_path / faulty.MENDED).write_text("")
    ends = [i for i, line in enumerate(lines) if '"event": "trained"' in line or '"event": "round-finished"' in line]
    for end in ends[1:3]:  # the other is not trained; both are
        (whole.folder / EVENTS).write_text("".join(lines[:end]))
        run = resume(whole.folder)
        assert [event.candidate for event in run.events(Trained)] == ["r1c1", "r1c2"]
        assert text(run) == text(whole)


@pytest.mark.long
@pytest.mark.parametrize(
    ("env", "hint"),
    [
        ("faulty:KILLED", "last words stand in"),
        ("faulty:HUNGRY", "fewer trainings run at once"),
        ("faulty:HANGS", "fewer environments at once with --ppo.n-envs"),
    ],
)
def test_what_to_do_depends_on_what_happened(tmp_path, env, hint, monkeypatch):
    monkeypatch.setattr(pulse, "SILENCE_S", 5.0)
    with pytest.raises(RunStopped, match=hint):
        start(config(env, candidates=2, jobs=2), tmp_path)


@pytest.mark.long
def test_the_other_faults(tmp_path):
    run = start(config("faulty:THREE", candidates=4, jobs=2), tmp_path)
    found = {event.candidate: event.findings[0].message for event in run.events(Trained) if event.findings}
    assert found["r1c1"].startswith("The simulator returned infinity for number 0 of the observation at the reset")
    assert found["r1c2"] == "the trainer was ended by signal 9 (SIGKILL)"
    assert found["r1c3"] == "the trainer ended with exit code 3"
    assert run.best.id == "r1c4"


class Returns:
    """A toy that returns what it is told to."""

    def __init__(self, **changes) -> None:
        self.inner = toy.ToySimulator(toy.TASK, 2)
        self.task, self.num_envs, self.device = toy.TASK, 2, "cpu"
        self.changes = changes

    def reset(self, seeds, stagger=None):
        if "reset" in self.changes:
            raise self.changes["reset"]
        return self.inner.reset(seeds, stagger)

    def step(self, action):
        moved = self.inner.step(action)
        if "step" in self.changes:
            raise self.changes["step"]
        return moved


def test_a_reset_that_raises_is_the_simulators_fault():
    with pytest.raises(SimulatorFault, match="The environment fails at reset: KeyError"):
        CheckedSimulator(Returns(reset=KeyError("goal"))).reset([1, 2])


def test_a_simulator_that_cannot_be_made_ends_the_run_with_what_it_raised(tmp_path):
    with pytest.raises(UserError, match=r"fails to be made: ValueError: the arm is not in the box \(.*faulty\.py:"):
        start(config("faulty:UNMADE"), tmp_path)


def test_steps_are_counted_in_each_episode_where_a_policy_is_judged():
    simulator = CheckedSimulator(Returns())
    for _ in range(2):
        simulator.reset([1, 2])
        simulator.step(np.zeros((2, 3)))
    assert simulator.steps == 1
    training = CheckedSimulator(Returns(), steps=100)
    training.reset([1, 2])
    training.step(np.zeros((2, 3)))
    assert training.steps == 101


def test_actions_that_are_no_numbers_are_the_trainings_fault_and_not_the_simulators():
    simulator = CheckedSimulator(Returns())
    simulator.reset([1, 2])
    with pytest.raises(RewardFault, match="its training diverged") as raised:
        simulator.step(np.full((2, 3), np.nan))
    assert not raised.value.finding.by_machine


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("boom")], ids=["memory", "another"])
def test_memory_that_runs_out_in_a_simulator_is_not_its_fault(error):
    simulator = CheckedSimulator(Returns(step=error))
    simulator.reset([1, 2])
    with pytest.raises(MemoryError if isinstance(error, MemoryError) else SimulatorFault):
        simulator.step(np.zeros((2, 3)))


def test_whole_numbers_pass_and_the_first_that_is_none_is_named():
    simulator = CheckedSimulator(Returns())
    start = simulator.reset([1, 2])
    simulator._check(start, "here")
    state = start.state.copy()
    state[1, 3] = -np.inf
    with pytest.raises(SimulatorFault, match=r"returned infinity for goal\.pos here"):
        simulator._check(Snapshot(start.observation, state), "here")


def test_a_trainer_that_was_stopped_by_a_full_or_slow_machine_is_tried_once_more(tmp_path, monkeypatch):
    real, deaths = Workers._listen, []

    def listen(self, *given):
        if "trainer.log" in str(given[2]._log) and not deaths:
            deaths.append(given)
            raise WorkerDied("ran out of memory", killed=True, name="out-of-memory")
        return real(self, *given)

    monkeypatch.setattr(Workers, "_listen", listen)
    done = start(config("toy:TASK", candidates=1), tmp_path)
    assert len(deaths) == 1
    assert done.best is not None
