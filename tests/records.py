"""Made-up runs of the toy task: what a run leaves behind, without its hours."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import toy

from text2reward.envs.transitions import random_policy
from text2reward.record.curves import CurvePoint, to_csv
from text2reward.record.events import Checked, Drafted, HeldOut, RewardKind, RunFinished, RunStarted, Trained
from text2reward.record.reader import Run, load
from text2reward.record.writer import RecordWriter
from text2reward.training.seeds import episode_seeds
from text2reward.training.statistics import Rate
from text2reward.training.trajectories import roll_out

CONFIG = {"env": "toy:TASK", "target": 0.9, "seed": 3, "method": "default", "ppo": {"gamma": 0.97}}
VERSIONS = {"python": "3.11", "packages": {"text2reward": "0.1.0", "torch": "2.13.0", "openai": "2"}}


def finished_run(
    runs_dir: Path,
    program: str | None = toy.REACH,
    solved: int | None = 18,
    terms: tuple[str, ...] = ("near", "nearer"),
    reward: RewardKind = "program",
    instruction: str = toy.TASK.instruction,
    task: str = toy.TASK.id,
    episodes: bool = True,
    **config: object,
) -> Run:
    """A run of one candidate, ``r1c1``: the first ``solved`` of its 20 held-out episodes were solved."""
    writer = RecordWriter.create(runs_dir, task, {**CONFIG, **config}, VERSIONS)
    writer.append(RunStarted(writer.folder.name, task, instruction, "openai/x"))
    path = None if program is None else writer.write("candidates/r1c1/reward.py", program)
    writer.append(Drafted("r1c1", 1, None, "openai/x", path, note="a note", reward=reward))
    writer.append(Checked("r1c1", ()))
    if solved is not None:
        _train(writer, terms, solved, int(config.get("seed", 3)), episodes)
        writer.append(HeldOut("r1c1", Rate(solved, 20).success(solved // 2)))
        writer.append(RunFinished("target", "r1c1", 60.0))
    writer.close()
    return load(writer.folder)


def _train(writer: RecordWriter, terms: tuple[str, ...], solved: int, seed: int, episodes: bool) -> None:
    folder = "candidates/r1c1/s0"
    values = [dict.fromkeys(terms, 0.1 * i) for i in range(1, 5)]
    curve = [CurvePoint(1000 * i, 5, i / 4, 2.0 * i, each, each) for i, each in enumerate(values, 1)]
    writer.write(f"{folder}/curves.csv", to_csv(curve))
    for name, stream in (("held_out", "held-out"), ("select", "select")):
        seeds = episode_seeds(seed, stream, 20)
        judged = [{"seed": each, "success_once": i < solved} for i, each in enumerate(seeds)]
        writer.write(f"{folder}/{name}.json", json.dumps(judged))
    select = Rate(solved, 20).success(solved // 2)
    reason = "target" if solved == 20 else "steps"
    writer.append(Trained("r1c1", "r1c1/s0", folder, reason, "last", 4000, 4000, select, solved, 9.0))
    if episodes:
        simulator, policy = toy.ToySimulator(toy.TASK, 12), random_policy(toy.TASK, 12, np.random.default_rng(seed))
        roll_out(toy.TASK, simulator, policy, range(12), "judged").save(writer.folder / folder / "trajectories.npz")
