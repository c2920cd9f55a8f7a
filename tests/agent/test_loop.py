from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import toy
from protocol_server import Reply, answer, serving

import text2reward
from text2reward.agent import letterbox, patience
from text2reward.agent.config import config_for, make_config, read_config
from text2reward.agent.given import INIT
from text2reward.agent.lineage import Lineage
from text2reward.agent.method import load_method, method_names
from text2reward.agent.notices import Progress
from text2reward.agent.run import RunInterrupted, resume, start
from text2reward.errors import RecordError, RunStopped, UnknownNameError, UserError
from text2reward.record.events import (
    Asked,
    Diagnosed,
    Filmed,
    Heard,
    Resumed,
    Reviewed,
    RoundFinished,
    RunStarted,
    Screened,
    Trained,
)
from text2reward.record.reader import Run, load
from text2reward.record.writer import RecordWriter
from text2reward.terminal import running

QUICK = {
    "env": "toy:TASK",
    "steps": 12_000,
    "held_out": 20,
    "jobs": 2,
    "candidates": 2,
    "ppo": {"n_envs": 8, "n_steps": 32, "batch_size": 64, "n_epochs": 5, "learning_rate": 3e-3},
}
FENCED = f"I reward being near.\n```python\n{toy.REACH}```"
BACKWARDS = FENCED.replace('"near": 1 -', '"near": -1 +').replace('"nearer": 5', '"nearer": -5')


def config(**changes):
    return config_for(changes.pop("instruction", None), {**QUICK, **changes})


def signature(run: Run) -> list:
    """What must not depend on whether a run was interrupted: programs, findings and results."""
    return [
        (c.id, c.program, c.findings, c.training and (c.training.select, c.training.sim_steps))
        for c in run.candidates.values()
    ]


@pytest.fixture
def model(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-key")
    monkeypatch.setattr(patience, "FIRST_WAIT_S", 0.01)


def test_the_composer_solves_the_toy_and_the_record_tells_it(tmp_path):
    run = start(config(), tmp_path)
    assert run.finished.reason == "target"
    assert run.held_out.success.value >= 0.9
    assert len(run.rounds) == 2  # at least two, and no more once the target is proved
    assert [c.id for c in run.candidates.values()] == ["r1c1", "r1c2", "r2c1", "r2c2"]
    assert {run.candidates[name].draft.parent for name in ("r2c1", "r2c2")} <= {"r1c1", "r1c2"}
    best = run.best
    assert best.policy_path.is_file()
    assert "def compute_reward" in best.program
    assert best.curves[-1].success > 0.5
    assert {video.label for video in best.videos} >= {"best", "median", "worst"}
    assert all((run.folder / video.path).read_bytes()[4:8] == b"ftyp" for video in best.videos)
    assert run.cost_usd == 0
    assert load(run.folder).finished == run.finished
    assert resume(run.folder).finished == run.finished  # nothing is left to do


def test_a_language_model_writes_repairs_and_improves(tmp_path, model):
    broken = (
        "```python\nimport torch\ndef compute_reward(state, action, prev):\n    return {'a': state.robot.eepos}\n```"
    )

    def respond(body, number):
        last = body["messages"][-1]["content"]
        if "cannot be used yet" in last:
            return answer(FENCED)
        return answer(broken if number == 1 else FENCED)

    with serving(respond) as server:
        run = start(config(model="openai/test", base_url=server.url), tmp_path)
    assert run.held_out.success.value >= 0.9
    repaired = [c for c in run.candidates.values() if "." in c.id]
    assert len(repaired) == 1
    assert repaired[0].draft.parent == repaired[0].id.split(".")[0]
    first = run.candidates[repaired[0].draft.parent]
    assert first.training is None
    assert "did you mean state.robot.ee_pos?" in first.findings[0].message
    second_round = [body for body in server.requests if "improved program" in body["messages"][-1]["content"]]
    assert len(second_round) == 2
    assert "term near" in second_round[0]["messages"][3]["content"]
    assert run.tokens == (500, 100)
    assert run.cost_usd is None
    assert run.exchange(run.best.draft.exchange)["answer"]["text"] == FENCED


@pytest.mark.parametrize("method", method_names())
def test_every_method_runs_with_the_composer_and_rules_stand_in_for_models(tmp_path, method):
    run = start(config(method=method, rounds=2, steps=6_000), tmp_path)
    assert run.finished.best
    stages = load_method(method).stages
    assert all(event.by == "rules" for event in run.events(Reviewed))
    assert all(event.analyst == "rules" for event in run.events(Diagnosed))
    assert bool([*run.events(Reviewed)]) == (stages.reviewing.rounds > 0)
    assert {event.candidate for event in run.events(Diagnosed)} == {c.id for c in run.candidates.values() if c.success}
    assert signature(resume(run.folder)) == signature(run)


@pytest.mark.parametrize("method", method_names())
def test_every_method_runs_with_a_model(tmp_path, model, method):
    """The model answers every question; what it is asked is what the method says."""
    programs = iter(FENCED.replace("5 *", f"{k} *") for k in range(2, 100))

    def respond(body, number):
        last = body["messages"][-1]["content"]
        if "You review" in last or "you review" in last:
            return answer('{"verdict": "accept"}')
        if "you say why a policy failed" in last:
            return answer('{"causes": ["It stays too far away."]}')
        return answer(next(programs))

    with serving(respond) as server:
        settings = {"model": "openai/test", "base_url": server.url, "method": method, "rounds": 3, "steps": 2_000}
        run = start(config(**settings, candidates=1), tmp_path)
    stages = load_method(method).stages
    asked = [body["messages"] for body in server.requests]
    drafts = [messages for messages in asked if "improved program" in messages[-1]["content"]]
    turns = {"best": 4, "latest": 4, "best-and-worst": 4, "all": 6}[stages.coding.history]
    assert len(drafts[-1]) == turns
    feedback = drafts[-1][-1]["content"]
    assert ("largest" in feedback) == (stages.feedback.process == "series")
    assert ("The best episode" in feedback) == stages.feedback.trajectories
    if stages.feedback.analysis == "model":
        assert "It stays too far away." in feedback
        assert {event.analyst for event in run.events(Diagnosed)} == {"openai/test"}
    if stages.reviewing.by == "model" and stages.reviewing.rounds:
        assert {event.by for event in run.events(Reviewed)} == {"rules, openai/test"}


@pytest.mark.long
@pytest.mark.parametrize("method", method_names())
def test_every_method_runs_with_a_person_who_answers_the_prompts_it_saves(tmp_path, monkeypatch, method):
    monkeypatch.setattr(letterbox, "_POLL_S", 0.02)
    over = threading.Event()

    def person():
        while not over.wait(0.02):
            for prompt in tmp_path.glob("*/manual/*.prompt.md"):
                path = prompt.with_name(prompt.name.replace(".prompt.", ".answer."))
                if not path.exists() and prompt.read_text().endswith("\n"):
                    path.write_text(reply(prompt.read_text(), int(prompt.name[1])))

    def reply(asked: str, number: int) -> str:
        if "ou review" in asked:
            return '{"verdict": "accept"}'
        if "you say why a policy failed" in asked:
            return '{"causes": ["It stays too far away."]}'
        return FENCED.replace("5 *", f"{number + 1} *")

    threading.Thread(target=person, daemon=True).start()
    try:
        run = start(config(model="manual", method=method, rounds=2, candidates=1, steps=2_000), tmp_path)
    finally:
        over.set()
    assert {candidate.draft.author for candidate in run.candidates.values()} == {"manual"}
    assert run.candidates["r2c1"].program
    assert run.best is not None
    stages = load_method(method).stages
    if stages.feedback.analysis == "model":
        assert {event.analyst for event in run.events(Diagnosed) if event.causes} == {"manual"}
    if stages.reviewing.by == "model" and stages.reviewing.rounds:
        assert {event.by for event in run.events(Reviewed)} == {"rules, manual"}


def test_a_review_sends_a_program_back_and_the_last_word_is_trainings(tmp_path, model):
    alive = FENCED.replace('"near":', '"alive": 1 + 0 * distance, "near":')
    with serving(answer(alive)) as server:
        run = start(config(model="openai/test", base_url=server.url, rounds=1, candidates=1, steps=2_000), tmp_path)
    assert [*run.candidates] == ["r1c1", "r1c1.1"]
    assert [(event.candidate, event.accepted) for event in run.events(Reviewed)] == [("r1c1", False), ("r1c1.1", False)]
    assert "alive-bonus" in [finding.name for finding in run.candidates["r1c1"].findings]
    assert "a review before training found" in server.requests[1]["messages"][-1]["content"]
    assert run.best.id == "r1c1.1"


def test_a_program_that_ranks_backwards_is_not_trained_and_its_author_is_told(tmp_path, model):

    def respond(body, number):
        return answer(FENCED if number == 1 else BACKWARDS)

    with serving(respond) as server:
        settings = {"model": "openai/test", "base_url": server.url, "rounds": 3, "candidates": 1, "target": 1.0}
        run = start(config(**settings, method="card"), tmp_path)
    rulings = {event.candidate: event.ruling for event in run.events(Screened)}
    assert rulings["r2c1"] == rulings["r3c1"] == "fail"
    assert run.candidates["r2c1"].training is None
    assert run.candidates["r2c1"].failure == "orders-wrongly"
    told = server.requests[-1]["messages"][-1]["content"]
    assert "ranks episodes that were stored earlier wrongly" in told
    assert "in the wrong order" in told
    assert run.best.id == "r1c1"
    assert run.screening.refused == 2
    assert "screening saved 2 trainings" in str(run.screening)


def test_an_audit_trains_the_refused_and_they_cannot_win(tmp_path, model):
    with serving(lambda body, number: answer(FENCED if number == 1 else BACKWARDS)) as server:
        settings = {"model": "openai/test", "base_url": server.url, "rounds": 2, "candidates": 1, "target": 1.0}
        run = start(config(**settings, method="card", audit_screen=1.0), tmp_path)
    assert run.candidates["r2c1"].success is not None
    assert run.candidates["r2c1"].audited
    assert (run.screening.refused, run.screening.audited, run.screening.right) == (0, 1, 1)
    assert run.best.id == "r1c1"


def test_where_nothing_else_is_left_the_best_of_the_refused_is_trained(tmp_path, monkeypatch):
    from text2reward.agent import appraiser

    monkeypatch.setattr(appraiser, "verdict", lambda evidence, rule: "fail")
    monkeypatch.setattr(appraiser, "preference_feedback", lambda evidence, terms: "backwards")
    run = start(config(rounds=1, steps=2_000, method="card"), tmp_path)
    assert [event.trained_anyway for event in run.events(Screened)].count("nothing else") == 1
    assert run.best is not None


def test_a_program_that_adds_a_bonus_is_not_a_duplicate(tmp_path, model):
    bonus = FENCED.replace('"nearer"', '"done": 5.0 * (distance < 0.01), "nearer"')
    assert bonus != FENCED
    with serving(lambda body, number: answer(FENCED if number == 1 else bonus)) as server:
        settings = {"model": "openai/test", "base_url": server.url, "rounds": 2, "candidates": 1, "steps": 2_000}
        run = start(config(**settings), tmp_path)
    assert [event.ruling for event in run.events(Screened)].count("duplicate") == 0


def test_what_is_left_of_a_budget_is_not_spent_on_a_training_that_cannot_learn(tmp_path):
    run = start(config(method="card", candidates=1, max_steps=12_400, rounds=3, target=1.0), tmp_path)
    assert all(c.training.sim_steps >= 1_000 for c in run.candidates.values() if c.training)


STOPS = {"a review": Reviewed, "a screening": Screened, "a diagnosis": Diagnosed}


@pytest.mark.parametrize("kind", STOPS.values(), ids=STOPS)
def test_a_run_that_was_stopped_between_stages_goes_on_to_the_same_result(tmp_path, kind):
    settings = {"rounds": 2, "steps": 4_000, "jobs": 1, "target": 1.0}
    whole = start(config(**settings), tmp_path / "whole")
    seen = []

    def stop(event):
        seen.append(event)
        if isinstance(event, kind) and sum(isinstance(each, kind) for each in seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(RunInterrupted) as interrupt:
        start(config(**settings), tmp_path / "cut", stop)
    again = resume(interrupt.value.run.folder)
    assert signature(again) == signature(whole)
    for each in STOPS.values():
        assert [*again.events(each)] == [*whole.events(each)]


def test_a_budget_of_steps_is_shared_and_ends_the_run_in_order(tmp_path):
    settings = {"max_steps": 4_000, "steps": 2_000, "rounds": 9, "target": 1.0}
    run = start(config(**settings), tmp_path)
    spent = [c.training.sim_steps for c in run.candidates.values() if c.training]
    assert run.finished.reason == "budget"
    assert 3_000 < sum(spent) <= 4_000
    assert run.held_out is not None
    assert running.exit_code(run) == (0 if run.solved else 3)
    assert signature(resume(run.folder)) == signature(run)


def test_equal_programs_are_trained_once(tmp_path, model):
    with serving(answer(FENCED)) as server:
        run = start(config(model="openai/test", base_url=server.url, rounds=1, steps=2_000), tmp_path)
    assert {event.candidate: event.ruling for event in run.events(Screened)}["r1c2"] == "duplicate"
    assert [c.id for c in run.candidates.values() if c.training] == ["r1c1"]
    assert "pays as r1c1 does" in run.candidates["r1c2"].findings[-1].message


def test_no_key_is_written_anywhere(tmp_path, model):
    with serving(answer(FENCED)) as server:
        run = start(config(model="openai/test", base_url=server.url, rounds=1, candidates=1), tmp_path)
    for path in run.folder.rglob("*"):
        if path.is_file():
            assert b"sk-canary-key" not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("I am sorry, I cannot help with that.", "no-program"),
        ("", "empty-answer"),
        ("```python\nprint('hello')\n```", "no-program"),
        (None, "empty-answer"),
    ],
    ids=["prose", "nothing", "no function", "null"],
)
def test_useless_answers_are_findings_and_the_run_ends_in_order(tmp_path, model, text, finding):
    with serving(answer(text)) as server:
        run = start(config(model="openai/test", base_url=server.url, candidates=1, rounds=2, repairs=1), tmp_path)
    assert run.finished.reason == "no-candidate"
    assert run.best is None
    assert [c.findings[0].name for c in run.candidates.values()] == [finding] * 4
    assert resume(run.folder).finished == run.finished


def test_two_programs_in_an_answer_train_the_last(tmp_path, model):
    other = FENCED.replace('"near"', '"other"')
    with serving(answer(other + "\n\n" + FENCED)) as server:
        run = start(config(model="openai/test", base_url=server.url, candidates=1, rounds=1), tmp_path)
    assert run.best.program == toy.REACH
    assert run.best.findings[0].name == "several-programs"


def test_a_model_that_goes_away_leaves_a_run_that_resumes(tmp_path, model):
    def respond(body, number):
        if number == 1:
            return answer(FENCED)
        time.sleep(0.5)  # until the first answer is on record
        return Reply(401, {"error": {"message": "expired"}})

    with (
        serving(respond) as server,
        pytest.raises(RunStopped, match=r"refused .* 401.*text2reward resume"),
    ):
        start(config(model="openai/test", base_url=server.url, rounds=1), tmp_path)
    folder = next(tmp_path.iterdir())
    assert load(folder).status == "interrupted"
    with serving(answer(FENCED)) as server:
        data = (folder / "config.json").read_text()
        port = read_config(folder / "config.json")["base_url"]
        (folder / "config.json").write_text(data.replace(port, server.url))
        run = resume(folder)
    assert len(server.requests) == 1  # what had been answered was not asked again
    assert run.tokens == (200, 40)
    assert run.finished.reason == "target"


def test_a_program_that_fails_in_training_is_a_finding(tmp_path):
    late = tmp_path / "late.py"
    late.write_text(
        "import torch\n\n\ndef compute_reward(state, action, prev):\n"
        "    far = torch.linalg.norm(state.robot.ee_pos, dim=-1)\n"
        "    return {'a': 1 / torch.where(far > 1.5, 0 * far, 0 * far + 1)}\n"
    )
    run = start(config(model="program", program=str(late), candidates=1, rounds=1), tmp_path / "runs")
    assert run.finished.reason == "no-candidate"
    assert run.candidates["r1c1"].findings[-1].name == "not-finite"


@pytest.mark.parametrize("reward", ["expert", "success"])
def test_baselines_train_without_a_program(tmp_path, reward):
    run = start(config(model=reward, candidates=1, rounds=1), tmp_path)
    assert run.best.program is None
    assert run.best.draft.author == reward
    assert (run.best.policy_path.parent / "curves.csv").is_file()


def test_an_interrupt_leaves_a_run_that_resumes_to_the_same_result(tmp_path):
    whole = start(config(rounds=1), tmp_path / "whole")
    seen = 0

    def interrupt(event):
        nonlocal seen
        seen += isinstance(event, Trained)
        if seen == 1:
            raise KeyboardInterrupt

    with pytest.raises((RunInterrupted, KeyboardInterrupt)):
        start(config(rounds=1, jobs=1), tmp_path / "cut", interrupt)
    folder = next((tmp_path / "cut").iterdir())
    assert load(folder).finished is None
    run = resume(folder)
    assert signature(run) == signature(whole)
    assert run.held_out == whole.held_out


KILLED = """
import sys
from text2reward.agent.config import make_config
from text2reward.agent.run import start
from text2reward.agent.method import load_method, method_names
from text2reward.agent.notices import Progress
from pathlib import Path
import json, os, signal

def watch(event):
    if isinstance(event, Progress) and event.point.sim_steps >= 1_500:
        os.kill(os.getpid(), signal.SIGKILL)

start(make_config(json.loads(sys.argv[1])), Path(sys.argv[2]), watch)
"""


def test_a_run_that_was_killed_resumes_to_the_same_result(tmp_path):
    import json

    wanted = config(rounds=1)
    whole = start(wanted, tmp_path / "whole")
    done = subprocess.run(
        [sys.executable, "-c", KILLED, json.dumps(wanted.to_json()), str(tmp_path / "killed")],
        env={**os.environ, "PYTHONPATH": str(Path(toy.__file__).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    folder = next((tmp_path / "killed").iterdir())
    assert load(folder).finished is None
    run = resume(folder)
    assert any(run.events(Resumed))
    assert signature(run) == signature(whole)
    assert run.held_out == whole.held_out


def test_workers_die_with_a_killed_run(tmp_path):
    import json

    import psutil

    done = subprocess.Popen(
        [sys.executable, "-c", KILLED, json.dumps(config(rounds=1).to_json()), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(Path(toy.__file__).parent)},
        stderr=subprocess.DEVNULL,
    )
    children: set[psutil.Process] = set()
    while done.poll() is None:
        try:
            children |= set(psutil.Process(done.pid).children(recursive=True))
        except psutil.Error:
            break
        time.sleep(0.05)
    done.wait()
    assert len(children) >= 4  # two fork servers, two trainers and their reward processes
    _, alive = psutil.wait_procs(children, timeout=20)
    assert [process.pid for process in alive] == []


def test_a_trainer_or_a_reward_process_that_is_killed_is_started_once_more_and_comes_to_the_same(tmp_path):
    import psutil

    def working(target: str) -> list[psutil.Process]:
        """The children of the fork server for ``target``."""
        of_target = [p for p in psutil.Process().children(recursive=True) if target in str(p.cmdline())]
        return [process for process in of_target if process.parent() in of_target]

    settings = {"rounds": 1, "candidates": 1, "steps": 2_560, "target": 1.0, "held_out": 5}
    whole = start(config(**settings), tmp_path / "whole")
    for target in ("training.worker:main", "reward_process_main:main"):
        killed, points = [], []

        def watch(event, target=target, killed=killed, points=points):
            if not isinstance(event, Progress):
                return
            points.append(event.point.sim_steps)
            if event.point.sim_steps >= 1_500 and not killed:
                killed.extend(working(target))
                for process in killed:
                    process.kill()

        run = start(config(**settings), tmp_path / "killed", watch)
        assert len(killed) == 1
        assert signature(run) == signature(whole)
        went_back_to = [after for before, after in itertools.pairwise(points) if after <= before]
        assert all(after > 1_024 for after in went_back_to)  # to its checkpoint, not to its start


def test_what_a_refined_run_begins_with_is_there_before_it_can_be_resumed(tmp_path, monkeypatch):
    """The words are nowhere else: a run that began without them would never tell its coder."""
    real = RecordWriter.append

    def append(self, event):
        entry = real(self, event)
        if isinstance(event, RunStarted):
            raise KeyboardInterrupt
        return entry

    monkeypatch.setattr(RecordWriter, "append", append)
    (tmp_path / "mine.py").write_text(toy.REACH)
    lineage = Lineage("parent", "parent", "r1c1", "slower near the goal", "ben")
    with pytest.raises(KeyboardInterrupt):
        start(config(init=str(tmp_path / "mine.py"), rounds=2), tmp_path / "runs", lineage=lineage)
    (folder,) = (tmp_path / "runs").iterdir()
    assert [quote.text for event in load(folder).events(Heard) for quote in event.quotes] == ["slower near the goal"]
    assert (folder / INIT).read_text() == toy.REACH


def test_the_film_of_a_round_that_was_cut_off_is_made_when_the_run_goes_on(tmp_path):
    def stop(event):
        if isinstance(event, RoundFinished):
            raise KeyboardInterrupt

    with pytest.raises(RunInterrupted) as interrupt:
        start(config(rounds=1, candidates=1, steps=1_024, held_out=5), tmp_path, stop)
    assert not list(interrupt.value.run.events(Filmed))
    run = resume(interrupt.value.run.folder)
    assert [video.label for event in run.events(Filmed) for video in event.videos].count("first") == 1


def test_a_second_process_cannot_resume_a_run_in_progress(tmp_path):
    def watch(event):
        if isinstance(event, Trained):
            with pytest.raises(RecordError, match="Another process"):
                resume(next(tmp_path.iterdir()))

    start(config(rounds=1, candidates=1), tmp_path, watch)


def test_the_python_interface_runs_and_loads(tmp_path):
    run = text2reward.run(**QUICK, rounds=1, runs_dir=tmp_path)
    assert run.best is not None
    assert (run.folder / "report.html").is_file()
    assert text2reward.load(run.folder.name, runs_dir=tmp_path).best.id == run.best.id
    with pytest.raises(UnknownNameError, match=r"Did you mean candidates\?"):
        text2reward.run(env="toy:TASK", candidate=3)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"instruction": "  "}, "The sentence is empty"),
        ({"instruction": "x" * 10_000}, "10000 characters; at most 4000"),
        ({"instruction": "Close \x1b[2J it"}, "control characters"),
        ({"candidates": 0}, "--candidates is 0"),
        ({"target": 1.5}, "no success rate"),
        ({"rounds": "many"}, "'rounds' is wrong"),
        ({"ppo": {"gama": 0.9}}, "Did you mean gamma"),
        ({"modle": "composer"}, "Did you mean model"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(changes, said):
    with pytest.raises(UserError, match=said):
        config(**changes)


def test_a_sentence_in_another_language_is_taken(tmp_path):
    run = start(config(instruction="Bewege die Hand zum Ziel. 手を動かす。", rounds=1, candidates=1), tmp_path)
    assert "手を動かす" in run.best.program
    assert run.started.instruction.startswith("Bewege")


def test_a_stored_configuration_starts_the_same_run(tmp_path):
    run = start(config(rounds=1, candidates=1, seed=7), tmp_path)
    again = make_config(read_config(run.folder / "config.json"))
    assert again == config(rounds=1, candidates=1, seed=7)
    assert "--seed 7" in run.started.command


def test_every_exchange_is_counted(tmp_path, model):
    with serving(answer(FENCED)) as server:
        run = start(config(model="openai/test", base_url=server.url, rounds=1), tmp_path)
    asked = list(run.events(Asked))
    assert [event.candidate for event in asked] == ["r1c1", "r1c2"] or len(asked) == 2
    assert all((run.folder / "llm" / f"{event.key}.json").is_file() for event in asked)
