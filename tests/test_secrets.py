"""A key is nowhere but in the main process and in the header of a request: a run is searched for one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import descendants
import pytest
import toy
from protocol_server import answer, error, serving

from text2reward.agent.litellm_model import KEYS
from text2reward.cli import main
from text2reward.record.reader import list_runs, load
from text2reward.sandbox.environment import sandbox_environment, trainer_environment

HERE = Path(__file__).parent
KEY = "sk-canary-9f1c7d52e8a04b6f"
QUICK = [
    *"run --env toy:TASK --model openai/writer --steps 1500 --held-out 5 --jobs 2 --candidates 1 --rounds 2".split(),
    *"--method auto-mc-reward --target 1 --ppo.n-envs 8 --ppo.n-steps 32 --ppo.batch-size 64".split(),
]
LEAKING = toy.REACH.replace('"""Reach."""', f'"""Reach. The key is {KEY}."""')


class Echoing:
    """A server that says the key wherever it can."""

    def __init__(self) -> None:
        self.drafts = 0

    def __call__(self, body, number):
        assert KEY not in str(body)
        asked = body["messages"][-1]["content"]
        if asked.startswith("This time you do not write a program; you review"):
            return error(400, f"bad request with {KEY}")
        if asked.startswith("This time you do not write a program; you say why"):
            return answer(f'{{"causes": ["{KEY} is at fault."]}}')
        self.drafts += 1
        if self.drafts == 1:
            return error(503, f"the server behind refused {KEY}")
        if self.drafts == 2:
            return answer(f"I was given {KEY}.\n\n```python\n{LEAKING}```")
        return error(401, f"Incorrect API key provided: {KEY}", code=KEY)


def test_a_key_is_nowhere(tmp_path):
    known = {**os.environ, "PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parent}", "OPENAI_API_KEY": KEY}
    known |= {"NVIDIA_NIM_API_KEY": KEY, "WANDB_MODE": "offline"}
    words = [*QUICK, "--runs-dir", str(tmp_path / "runs"), "--display", "plain", "--wandb", "secrets"]
    with serving(Echoing()) as server:
        running = subprocess.Popen(
            [sys.executable, "-m", "text2reward", *words, "--base-url", server.url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=known,
            cwd=tmp_path,
        )
        search = descendants.Search(running.pid, KEY)
        until = time.monotonic() + 30
        while KEY.encode() not in descendants.environment_of(running.pid):  # the search finds what is there
            assert time.monotonic() < until
            time.sleep(0.05)
        assert descendants.memory_holds(running.pid, KEY.encode())[1]
        out, err = running.communicate(timeout=300)
        search.close()
    assert running.returncode == 2, err
    assert search.leaks == []
    assert len(search.environments) >= 3  # fork servers and their children
    assert any(b"wandb-core" in held for held in search.environments.values())
    if os.geteuid() == 0:
        assert sum(size > 10_000_000 for size in search.memory.values()) >= 2
    assert any(KEY in str(headers) for headers in server.headers)
    assert KEY.encode() not in out + err
    last = err.decode().splitlines()[-1]
    assert "refused openai/writer with 401: Incorrect API key provided: [hidden]. Check OPENAI_API_KEY." in last
    assert "text2reward resume" in last
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 15
    assert [str(path) for path in files if KEY.encode() in path.read_bytes()] == []
    run = load(list_runs(tmp_path / "runs")[0])
    assert "The key is [hidden]." in run.candidates["r1c1"].program  # it was said, and not kept
    assert run.candidates["r1c1"].success is not None
    assert any("[hidden]" in path.read_text() for path in run.folder.glob("llm/*.failed.json"))
    assert (run.folder / "report.html").is_file()


def test_a_sentence_that_holds_a_key_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    words = ["run", f"Use {KEY} to reach.", *QUICK[1:], "--runs-dir", str(tmp_path), "--display", "none"]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert "The sentence holds a key of yours." in said
    assert KEY not in said
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_holds_a_password_is_refused(tmp_path, capsys):
    words = [
        *QUICK,
        "--base-url",
        "http://anna:secret@localhost:1/v1",
        "--runs-dir",
        str(tmp_path),
        "--display",
        "none",
    ]
    assert main(words) == 2
    assert "The address holds a name or a password." in capsys.readouterr().err


@pytest.mark.parametrize("setting", [("--base-url", f"http://localhost:1/{KEY}"), ("--wandb", KEY), ("--redact", KEY)])
def test_a_setting_that_holds_a_key_is_refused(setting, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert main([*QUICK, *setting, "--runs-dir", str(tmp_path), "--display", "none"]) == 2
    said = capsys.readouterr().err
    assert f"{setting[0]} holds a key of yours." in said
    assert KEY not in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [*(name for names in KEYS.values() for name in names), "NVIDIA_API_KEY", "VK_TOKEN"])
def test_no_key_is_passed_on_whoever_is_the_provider(name, monkeypatch):
    monkeypatch.setenv(name, KEY)
    monkeypatch.setenv("NVIDIA_VISIBLE_DEVICES", "all")
    assert KEY not in {**trainer_environment(), **sandbox_environment()}.values()
    assert trainer_environment()["NVIDIA_VISIBLE_DEVICES"] == "all"


_NAMES = [
    *["OPENAI_API_KEY", "MISTRAL_API_KEY", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "AZURE_OPENAI_KEY", "GEMINI_API_KEY_2"],
    *[
        "AWS_BEARER_TOKEN_BEDROCK",
        "SNOWFLAKE_JWT",
        "VERTEXAI_CREDENTIALS",
        "OPENAI_API_KEYS",
        "GITHUB_PAT",
        "db_passwd",
    ],
]


@pytest.mark.parametrize("name", _NAMES)
def test_keys_are_known_by_the_names_of_their_variables(name):
    from text2reward.record.hiding import secrets_of

    assert secrets_of(
        {
            name: KEY,
            "HOME": "/home/anna",
            "KEYBOARD": "german-layout",
            "MONKEY": "chimpanzee",
            "BYPASS": "never-at-all",
            "MAX_TOKENS": "1000000000",
            "OPENAI_API_TYPE": "x" * 20,
        }
    ) == [KEY]
    assert secrets_of({name: "none"}) == []
