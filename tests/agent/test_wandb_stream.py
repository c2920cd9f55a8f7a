from __future__ import annotations

import importlib.util
import json
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_loop import config

from text2reward.agent.notices import Doing
from text2reward.agent.run import start
from text2reward.agent.wandb_stream import check_wandb
from text2reward.errors import UserError
from text2reward.record.curves import from_csv
from text2reward.sandbox.environment import trainer_environment

QUICK = {"rounds": 1, "candidates": 1, "steps": 2_000, "held_out": 5, "wandb": "robots"}


@pytest.fixture(autouse=True)
def forgotten():
    """The package reads its surroundings once in a process."""
    yield
    import wandb

    wandb.teardown()


def records(path: Path) -> Iterator[Any]:
    """What wandb wrote offline: LevelDB's log format, blocks of 32 KiB of fragments with heads of 7 bytes."""
    from wandb.proto.wandb_internal_pb2 import Record

    data, at, whole = path.read_bytes(), 7, b""
    while at + 7 <= len(data):
        if 32_768 - at % 32_768 < 7:
            at += 32_768 - at % 32_768
            continue
        _, length, kind = struct.unpack("<IHB", data[at : at + 7])
        whole += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # a whole record, or its last fragment
            yield Record.FromString(whole)
            whole = b""


def whole(path: Path) -> list[Any]:
    """All records, once the last one is there: a process of wandb's own writes them, and may still be at it."""
    for _ in range(200):
        found = list(records(path))
        if any("reason" in values(each.summary.update) for each in found):
            return found
        time.sleep(0.1)
    return found


def values(items: Any) -> dict[str, Any]:
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}


def test_curves_configuration_and_results_are_what_the_record_has(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    told = []
    run = start(config(**QUICK), tmp_path / "runs", told.append)
    assert not [each.what for each in told if isinstance(each, Doing) and "Weights" in each.what]
    (path,) = run.folder.glob("wandb/offline-run-*/*.wandb")
    sent = whole(path)
    (about,) = [each.run for each in sent if each.WhichOneof("record_type") == "run"]
    assert (about.project, about.run_id) == ("robots", run.folder.name)
    known = {item.key: json.loads(item.value_json) for item in about.config.update}
    assert known["env"] == "toy:TASK"
    assert "base_url" not in known
    assert not any(each.environment.args for each in sent)  # a command line may hold a password
    assert known["ppo"]["n_envs"] == run.config["ppo"]["n_envs"]

    points = [values(each.history.item) for each in sent if each.WhichOneof("record_type") == "history"]
    name = run.best.id
    curve = from_csv((run.folder / f"candidates/{name}/s0/curves.csv").read_text())
    assert [point[f"{name}/s0/sim_steps"] for point in points] == [point.sim_steps for point in curve]
    assert points[-1][f"{name}/s0/own_return"] == pytest.approx(curve[-1].own_return, rel=1e-4)
    assert any(key.startswith(f"{name}/s0/term/") for key in points[0])

    summary: dict[str, Any] = {}
    for each in sent:
        if each.WhichOneof("record_type") == "summary":
            summary |= values(each.summary.update)
    assert summary["held_out/solved"] == run.held_out.success.value
    assert summary[f"{name}/s0/outcome"] == run.best.training.reason
    assert summary["reason"] == run.finished.reason


def test_a_server_that_cannot_be_reached_costs_a_line_and_not_the_run(tmp_path, monkeypatch):
    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setattr("text2reward.agent.wandb_stream.OPENING_S", 1.0)
    told = []
    run = start(config(**QUICK), tmp_path / "runs", told.append)
    assert run.finished is not None
    assert any(isinstance(each, Doing) and "the run goes on without it" in each.what for each in told)


def test_a_missing_package_is_told_before_anything_is_spent(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"not installed. Install it: pip install .*\[wandb\]"):
        check_wandb(config(**QUICK))
    check_wandb(config(**{**QUICK, "wandb": None}))


def test_a_missing_key_is_told_before_anything_is_spent(tmp_path, monkeypatch):
    for name in ("WANDB_MODE", "WANDB_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with pytest.raises(UserError, match=r"no key .*WANDB_MODE=offline"):
        start(config(**QUICK), tmp_path / "runs")
    monkeypatch.setenv("WANDB_API_KEY", "too-short")
    with pytest.raises(UserError, match="cannot log in"):
        check_wandb(config(**QUICK))
    assert not (tmp_path / "runs").exists()


def test_trainers_have_no_key(monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "secret")
    assert "secret" not in trainer_environment().values()
