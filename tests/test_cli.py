from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import toy
from records import finished_run

from text2reward.cli import main

HERE = Path(__file__).parent
QUICK = [
    *"run --env toy:TASK --steps 12000 --held-out 20 --jobs 2 --candidates 2 --rounds 1".split(),
    *"--ppo.n-envs 8 --ppo.n-steps 32 --ppo.batch-size 64 --ppo.n-epochs 5 --ppo.learning-rate 0.003".split(),
]


def command(*words: str, **options) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(HERE), **options.pop("env", {})}
    return subprocess.run(
        [sys.executable, "-m", "text2reward", *words], capture_output=True, text=True, env=environment, **options
    )


@pytest.mark.parametrize(
    "words",
    [["--help"], ["run", "--help"], ["envs", "--help"], ["train", "--help"], ["export", "--help"], ["serve", "--help"]],
)
def test_help_imports_nothing_heavy(words):
    code = (
        "import sys; from text2reward.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "heavy = ['torch', 'numpy', 'mujoco', 'metaworld', 'envpool', 'gymnasium', 'openai', 'stable_baselines3',\n"
        "         'pydantic', 'rich', 'jinja2']\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
    assert done.stderr.strip() == "[]"
    assert "text2reward" in done.stdout


ELSEWHERE = "--env toy:TASK --model openai/x --base-url http://localhost:1/v1".split()
BAD = {
    "unknown command": (["rum"], "Unknown command 'rum'. Did you mean run?"),
    "unknown task": (["run", "--env", "metaworld/window-clos-v3"], "Did you mean metaworld/window-close-v3?"),
    "unknown flag": (["run", "--env", "toy:TASK", "--candidate", "3"], "Unknown flag --candidate. Did you mean"),
    "unknown ppo flag": (["run", "--env", "toy:TASK", "--ppo.gama", "3"], "Did you mean --ppo.gamma?"),
    "two sentences": (["run", "--env", "toy:TASK", "a", "b"], "Unexpected argument 'b'"),
    "not a number": (["run", "--env", "toy:TASK", "--steps", "many"], "--steps takes a whole number, not 'many'"),
    "no value": (["run", "--env"], "--env needs a value"),
    "no command": ([], "text2reward needs a command: run, resume"),
    "no subcommand": (["envs"], "text2reward envs needs a command: list, show, check"),
    "unknown flag and no task": (["run", "--modle", "x"], "Unknown flag --modle. Did you mean --model?"),
    "no such port": (["serve", "x", "--port", "99999"], "--port takes a number from 0 to 65535, not 99999"),
    "nothing to serve": (["serve", "nosuchrun"], "There is no run 'nosuchrun'"),
    "no run": (["show"], "Something is missing: The run"),
    "no task": (["run"], "--env"),
    "unknown model": (["run", "--env", "toy:TASK", "--model", "gpt"], "Unknown model 'gpt'"),
    "no key": (["run", "--env", "toy:TASK", "--model", "openai/x"], "OPENAI_API_KEY is not set"),
    "empty sentence": (["run", "", "--env", "toy:TASK"], "The sentence is empty"),
    "long sentence": (["run", "x" * 10_000, "--env", "toy:TASK"], "at most 4000"),
    "unknown display": (
        ["run", "--env", "toy:TASK", "--display", "lve"],
        "--display cannot be 'lve'. Did you mean live?",
    ),
    "export to nowhere": (["export", "latest"], "Something is missing: --to"),
    "export of nothing": (["export", "nothing", "--to", "/tmp/nowhere-yet"], "There is no run 'nothing'"),
    "export over something": (["export", "latest", "--to", "/usr"], "/usr is not empty"),
    "no such run": (["show", "nothing"], "There is no run 'nothing'"),
    "no such config": (["run", "--config", "/no/such.json"], "Cannot read /no/such.json"),
    "no program": (["train", "--env", "toy:TASK"], "No program was named"),
    "no such program": (["check", "/no/such.py", "--env", "toy:TASK"], "Cannot read /no/such.py"),
    "no such policy": (["eval", "nothing", "--env", "toy:TASK"], "neither a policy nor a run"),
    "unknown subcommand": (["envs", "chek"], "Unknown command 'chek'. Did you mean check?"),
    "no such module": (["envs", "show", "nowhere:TASK"], "Cannot import 'nowhere'"),
    "no prompts": (["run", "--env", "toy:TASK", "--prompts", "/nowhere"], "There is no folder /nowhere"),
    "no environments": (["run", "--env", "toy:TASK", "--ppo.n-envs", "0"], "--ppo.n-envs is 0"),
    "too little to learn from": (["run", "--env", "toy:TASK", "--ppo.n-envs", "1", "--ppo.n-steps", "1"], "too little"),
    "no layer": (["run", "--env", "toy:TASK", "--ppo.net-arch", "64", "0"], "--ppo.net-arch is 0"),
    "no learning": (["run", "--env", "toy:TASK", "--ppo.learning-rate", "0"], "--ppo.learning-rate is 0"),
    "no discount": (["run", "--env", "toy:TASK", "--ppo.gamma", "1.5"], "--ppo.gamma is 1.5"),
    "negative weight": (["run", "--env", "toy:TASK", "--ppo.ent-coef", "-1"], "--ppo.ent-coef is -1"),
    "one to a batch": (["run", "--env", "toy:TASK", "--ppo.batch-size", "1"], "--ppo.batch-size is 1"),
    "sac with a flag of ppo": (
        ["run", "--env", "toy:TASK", "--algo", "sac", "--ppo.gamma", "0.9"],
        "--ppo.gamma does not go with --algo sac",
    ),
    "ppo with a flag of sac": (["run", "--env", "toy:TASK", "--sac.tau", "0.1"], "--sac.tau does not go with --algo"),
    "sac on a gpu": (["run", "--env", "toy:TASK", "--algo", "sac", "--device", "cuda"], "few environments. Use --algo"),
    "unknown algorithm": (["run", "--env", "toy:TASK", "--algo", "sca"], "Did you mean sac? Use ppo, sac."),
    "unknown preset": (
        ["train", "--env", "toy:TASK", "--reward", "expert", "--algo", "sac", "--sac.preset", "text2rewrd"],
        "Did you mean text2reward?",
    ),
    "negative buffer": (
        ["run", "--env", "toy:TASK", "--algo", "sac", "--sac.buffer-size", "-5"],
        "--sac.buffer-size is -5",
    ),
    "no entropy coefficient": (
        ["run", "--env", "toy:TASK", "--algo", "sac", "--sac.ent-coef", "x"],
        "Use auto, auto_0",
    ),
    "over before it learns": (["run", "--env", "toy:TASK", "--algo", "sac", "--steps", "900"], "SAC learns after 1000"),
    "negative limit": (["run", "--env", "toy:TASK", "--ppo.target-kl", "-1"], "--ppo.target-kl is -1"),
    "negative seed": (["check", "x.py", "--env", "toy:TASK", "--seed", "-1"], "--seed is -1"),
    "no module": (["envs", "show", ":x"], "':x' names no attribute of a module. Name it as"),
    "no address": (["run", "--env", "toy:TASK", "--model", "openai/x", "--base-url", "nonsense"], "is no address"),
    "long name": (["show", "x" * 300], "There is no run"),
    "nothing to compose": (["run", "--env", "mujoco/Hopper-v5-front-flip"], "can make a body move forward or backward"),
    "no judge": (["run", "--env", "toy:TASK", "--judge", "/no/such.py"], "Cannot read /no/such.py"),
    "a judge without its function": (["run", "--env", "toy:TASK", "--judge", toy.__file__], "no function happened"),
    "no judge for a policy": (["eval", "nothing.zip", "--judge", "x.py"], "neither a policy nor a run"),
    "a price of one number": (["run", "--env", "toy:TASK", "--price", "1"], "--price takes 2 values, not 1"),
    "no temperature": (["run", "--env", "toy:TASK", "--temperature", "nan"], "--temperature is nan. Use a number"),
    "a negative price": (["run", "--env", "toy:TASK", "--price", "-1", "2"], "--price is -1 2"),
    "no money": (["run", "--env", "toy:TASK", "--max-cost", "0"], "--max-cost is 0"),
    "endless hours": (["run", "--env", "toy:TASK", "--max-hours", "inf"], "--max-hours is inf"),
    "no price": (["run", *ELSEWHERE, "--max-cost", "3"], "Give it for a million tokens with --price IN OUT"),
    "too little for a call": (
        ["run", *ELSEWHERE, "--max-tokens", "99"],
        "Not even the first call fits into the budget",
    ),
    "too small a window": (["run", *ELSEWHERE, "--context", "900"], "a window of 900 has room for 675"),
    "no such run to go on with": (["resume", "nothing", "--max-cost", "3"], "There is no run 'nothing'"),
    "wrong target": (["run", "--env", "toy:TASK", "--target", "2"], "no success rate"),
}


@pytest.mark.parametrize(("words", "said"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line_with_what_to_do(words, said, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("text2reward: ")
    assert captured.err.count("\n") == 1
    assert said in captured.err
    assert "Traceback" not in captured.err
    assert list(tmp_path.iterdir()) == []  # nothing was spent or written


def test_a_wrong_key_in_a_configuration_file(capsys, tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"env": "toy:TASK", "candidtes": 3}')
    assert main(["run", "--config", str(path)]) == 2
    assert "Unknown configuration key 'candidtes'. Did you mean candidates?" in capsys.readouterr().err
    path.write_text('{"env": "toy:TASK", "ppo": {"gama": 0.5}}')
    assert main(["run", "--config", str(path)]) == 2
    assert "Did you mean gamma?" in capsys.readouterr().err
    path.write_text('{"seed": 3}')
    assert main(["run", "--config", str(path)]) == 2
    assert "Something is missing: --env" in capsys.readouterr().err
    path.write_text("{")
    assert main(["run", "--config", str(path)]) == 2
    assert "is not JSON" in capsys.readouterr().err


def test_a_runs_folder_that_cannot_be_written(capsys, tmp_path):
    (tmp_path / "runs").write_text("in the way")
    assert main([*QUICK, "--runs-dir", str(tmp_path / "runs")]) == 2
    assert "Choose another place with --runs-dir" in capsys.readouterr().err


def test_a_finished_run_on_a_disk_that_cannot_be_written_tells_its_result(tmp_path, monkeypatch, capsys):
    def full(*_):
        raise OSError(30, "Read-only file system")

    run = finished_run(tmp_path, episodes=False)
    monkeypatch.setattr("text2reward.web.report.write_text", full)
    assert main(["resume", str(run.folder)]) == 0
    assert "Solved: the policy of r1c1 succeeds in 90%" in capsys.readouterr().out


def test_a_run_prints_verdict_table_paths_and_command(tmp_path):
    done = command(*QUICK, "--runs-dir", str(tmp_path), "--display", "plain")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Solved: the policy of r1c")
    assert lines[2].split("  ")[0] == "candidate"
    assert [line.split()[0] for line in lines[3:5]] == ["r1c1", "r1c2"]
    shown = {line.split()[0]: line.split()[1] for line in lines[6:] if line}
    assert all(Path(shown[name]).is_file() for name in ("program", "policy", "report"))
    assert "reproduce  text2reward run 'Move the hand to the goal.' --env toy:TASK" in done.stdout
    assert "r1c1 drafted by composer" in done.stderr

    again = command("resume", "latest", "--runs-dir", str(tmp_path), "--display", "none")
    assert again.stdout == done.stdout

    listed = command("ls", "--runs-dir", str(tmp_path))
    assert "toy/reach" in listed.stdout
    shown = command("show", "latest", "--candidate", "r1c1", "--runs-dir", str(tmp_path))
    assert "def compute_reward(state, action, prev):" in shown.stdout
    judged = command("eval", "latest", "--episodes", "20", "--runs-dir", str(tmp_path), "--json")
    assert json.loads(judged.stdout)["n"] == 20


def test_json_is_one_object_with_the_promised_keys(tmp_path):
    done = command(*QUICK, "--runs-dir", str(tmp_path), "--json", "--display", "json")
    result = json.loads(done.stdout)
    assert set(result) == {
        *("schema", "run", "task", "best", "candidates", "screening", "people", "cost_usd", "tokens"),
        *("wall_s", "waited_s", "budget", "exit_reason"),
    }
    assert result["schema"] == 1
    assert set(result["best"]) == {"id", "program", "policy", "success", "sim_steps"}
    assert {"k", "n", "low", "high"} <= set(result["best"]["success"])
    assert result["cost_usd"] == 0
    events = [json.loads(line)["event"] for line in done.stderr.splitlines()]
    assert {"began", "drafted", "checked", "progress", "trained", "round-finished", "run-finished"} <= set(events)


def test_a_missed_target_exits_with_1(tmp_path):
    words = [word if word != "12000" else "600" for word in QUICK]
    done = command(*words, "--runs-dir", str(tmp_path), "--display", "none")
    assert done.returncode == 1
    assert done.stdout.startswith("Not solved")


def test_flags_win_over_the_configuration_file(tmp_path):
    first = command(*QUICK, "--runs-dir", str(tmp_path / "a"), "--display", "none", "--seed", "3")
    assert first.returncode == 0, first.stderr
    config = next((tmp_path / "a").iterdir()) / "config.json"
    second = command(
        *("run", "--config", str(config), "--candidates", "1"), "--runs-dir", str(tmp_path / "b"), "--display", "none"
    )
    assert second.returncode in (0, 1), second.stderr
    stored = json.loads((next((tmp_path / "b").iterdir()) / "config.json").read_text())
    expected = {**json.loads(config.read_text()), "candidates": 1}
    assert stored == expected


def test_a_key_changes_nothing_but_a_hint(tmp_path):
    words = [word if word != "12000" else "600" for word in QUICK]
    done = command(*words, "--runs-dir", str(tmp_path), "--display", "plain", env={"OPENAI_API_KEY": "sk-x"})
    assert "OPENAI_API_KEY is set: a language model would write the programs" in done.stderr
    assert "composer" in done.stderr
    assert "sk-x" not in done.stdout + done.stderr


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "a scheduler's"])
def test_a_signal_ends_a_run_in_order_with_130_and_says_how_to_go_on(sent, tmp_path):
    words = [word if word != "12000" else "10000000" for word in QUICK]
    running = subprocess.Popen(
        [sys.executable, "-m", "text2reward", *words, "--no-stop-at-target", "--runs-dir", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(HERE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell starts its background jobs, this test perhaps among them, with the signal ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    for line in running.stderr:
        if "while exploring" in line:
            break
    running.send_signal(sent)
    out, err = running.communicate(timeout=180)
    assert running.returncode == 130
    assert "Interrupted. Go on with: text2reward resume" in err
    assert "Traceback" not in err
    folder = next(tmp_path.iterdir())
    assert (folder / "report.html").is_file()
    assert '"interrupted"' in (folder / "events.jsonl").read_text()
    assert out.startswith("Not finished: no policy yet.")


def test_check_prints_findings_like_a_compiler(tmp_path):
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text(toy.REACH)
    bad.write_text(toy.REACH.replace("goal.pos", "gaol.pos").replace("torch.tanh", "torch.tahn"))
    done = command("check", str(good), "--env", "toy:TASK")
    assert (done.returncode, done.stdout) == (0, f"{good}: passes all checks\n")
    assert done.stderr.startswith("sandbox: tier ")
    done = command("check", str(bad), "--env", "toy:TASK", "--sandbox", "off")
    assert done.returncode == 1
    assert (
        done.stderr
        == "sandbox: tier D: a process of its own with resource limits only (switched off with --sandbox off)\n"
    )
    assert f"{bad}:6: error: state.gaol.pos does not exist; did you mean state.goal.pos? [unknown-field]" in done.stdout
    assert f"{bad}:8: error: torch.tahn is not available; did you mean torch.tanh?" in done.stdout


def test_train_takes_a_program_or_a_baseline(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(toy.REACH)
    words = ["--env", "toy:TASK", "--steps", "30000", "--held-out", "20", "--runs-dir", str(tmp_path / "runs")]
    done = command("train", str(path), *words, "--display", "none")
    assert "reproduce  text2reward train" in done.stdout
    done = command("train", "--reward", "success", *words, "--display", "none")
    assert "--reward success" in done.stdout


def test_envs_lists_shows_and_checks():
    assert "metaworld/window-close-v3" in command("envs", "list").stdout
    shown = command("envs", "show", "toy:TASK").stdout
    assert "state.robot.ee_pos" in shown
    assert "Fields of `state` and `prev`" in shown
    done = command("envs", "check", "toy:TASK")
    assert (done.returncode, done.stdout) == (0, "toy/reach: 2 fields are what they say\n")


def test_doctor_finds_this_machine_fit():
    done = command("doctor")
    assert done.returncode == 0, done.stdout
    assert re.search(r"sandbox: tier [AB]: .*sealed by seccomp.*; the self-test found no hole", done.stdout)


def test_every_setting_has_a_flag_and_a_description():
    from text2reward.agent.config import RunSettings

    done = command("run", "--help", env={"COLUMNS": "200"})
    for field in dataclasses.fields(RunSettings):
        assert f"--{field.name.replace('_', '-')}" in done.stdout or field.name in ("ppo", "sac")


def test_the_live_view_draws_every_candidate(tmp_path):
    from rich.console import Console

    from text2reward.agent.config import config_for
    from text2reward.agent.run import start
    from text2reward.terminal.live import LiveDisplay

    console = Console(force_terminal=True, width=140, file=(tmp_path / "screen").open("w"))
    display = LiveDisplay(console)
    settings = {"env": "toy:TASK", "steps": 2_000, "held_out": 10, "jobs": 2, "candidates": 2, "rounds": 1}
    start(config_for(None, settings), tmp_path / "runs", display)
    display.close()
    console.file.close()
    text = (tmp_path / "screen").read_text()
    for piece in ("Move the hand to the goal.", "r1c1", "r1c2", "sandbox:", "left", "done"):
        assert piece in text


def test_a_reader_that_goes_away_does_not_stop_a_run(tmp_path):
    words = [*QUICK, "--runs-dir", str(tmp_path), "--display", "plain"]
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    reading, writing = os.pipe()
    running = subprocess.Popen(
        [sys.executable, "-m", "text2reward", *words], env=environment, stderr=writing, stdout=subprocess.PIPE
    )
    os.close(writing)
    os.close(reading)
    out, _ = running.communicate()
    assert out.startswith(b"Solved")
    assert running.returncode == 0


def test_models_lists_what_is_usable_and_shows_no_key(capsys, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret-canary")
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
    assert main(["models"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert "secret-canary" not in "".join(lines.values())
    assert "ANTHROPIC_API_KEY is set" in lines["anthropic/NAME"]
    assert "set GEMINI_API_KEY or GOOGLE_API_KEY" in lines["gemini/NAME"]
    assert lines["composer"].split()[1] == "yes"


def test_methods_are_listed_shown_and_compared(capsys):
    assert main(["methods", "list"]) == 0
    assert "card" in capsys.readouterr().out
    assert main(["methods", "show", "card"]) == 0
    shown = capsys.readouterr().out
    assert "screening.threshold" in shown
    assert "passes when the share reaches 0.8" in shown
    assert "departs from the paper" in shown
    assert main(["methods", "diff", "card", "default"]) == 0
    assert "search.candidates" in capsys.readouterr().out
    assert main(["methods", "diff", "card", "card"]) == 0
    assert "have the same settings" in capsys.readouterr().out
    assert main(["methods", "show", "carb"]) == 2
    assert "Did you mean card?" in capsys.readouterr().err
    assert main(["methods"]) == 2
    assert "needs a command: list, show, diff" in capsys.readouterr().err


def test_an_unknown_method_costs_nothing(tmp_path, capsys):
    assert main(["run", "--env", "toy:TASK", "--method", "eurka", "--runs-dir", str(tmp_path)]) == 2
    assert "Did you mean eureka?" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
